"""Who and what is kept out of training: everything that chooses a setting is measured on these."""
import os


def held_photos(names):
    """Photos (folder/file) kept out: 100 of the Congress's people, 20 of London's (both their photos)."""
    congress = sorted(n for n in names if n.startswith("congress/"))
    held = set(congress[4::8][:100])
    people = sorted({london_person(n) for n in names if n.startswith("london")})
    chosen = set(people[2::5])
    return held | {n for n in names if n.startswith("london") and london_person(n) in chosen}


def london_person(name):
    """london/001_03.jpg and london-smiling/001_08.jpg show person 001."""
    return os.path.basename(name)[:3]


def held_scene(index):
    """Every fifth picture of a source, by name."""
    return index % 5 == 2
