"""Who and what is kept out of training: everything that chooses a setting is measured on these."""
import os

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "photos", "held-out.txt")


def held_photos(names):
    """Which of the photos (folder/file) are kept out (Training/photos/README.md)."""
    with open(LIST) as file:
        return set(file.read().split()).intersection(names)


def person_of(name):
    """Whose photo it is; the two photos of a person of London (folder/NUMBER_KIND.jpg) are one person's. "" of ""."""
    folder, _, file = name.replace("london-smiling/", "london/").partition("/")
    return f"{folder}/{file.split('_')[0]}" if folder == "london" else os.path.splitext(name)[0]


def held_scene(index):
    """Every fifth picture of a source, by name."""
    return index % 5 == 2
