extension LivePage {
  /// Colours of states are legible on both grounds; the page follows what the system prefers.
  static let style = """
    :root {
      --ground: #f3f5f7; --sheet: #ffffff; --line: #dde3e8; --text: #17212b; --faint: #5b6875;
      --good: #14804e; --fair: #9a6300; --bad: #c22b2b; --idle: #4b6480;
      --good-ground: #dcf3e6; --fair-ground: #fbeccb; --bad-ground: #fbe0e0;
      --idle-ground: #e3eaf1; --curve: #2563c9; --curve-ground: #2563c91f;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #0f151b; --sheet: #18212a; --line: #2b3742; --text: #e6edf3; --faint: #9aa8b5;
        --good: #4bd391; --fair: #f0b84a; --bad: #ff7b72; --idle: #9db4cc;
        --good-ground: #123726; --fair-ground: #3d2f0d; --bad-ground: #47191b;
        --idle-ground: #25323f; --curve: #6ea8ff; --curve-ground: #6ea8ff26;
      }
    }
    * { box-sizing: border-box; margin: 0; padding: 0; }
    body {
      background: var(--ground); color: var(--text); padding: 1rem;
      font: 15px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
      font-variant-numeric: tabular-nums;
    }
    .top, .card > header { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .6rem; }
    .top { margin: 0 .2rem .9rem; }
    h1 { font-size: 1.25rem; letter-spacing: -.01em; }
    #version, #summary, .address { color: var(--faint); font-size: .85rem; }
    #summary { margin-left: auto; }
    .chip {
      font-size: .78rem; font-weight: 600; padding: .1rem .55rem; border-radius: 1rem;
      color: var(--idle); background: var(--idle-ground); white-space: nowrap;
    }
    .chip:empty { display: none; }
    .good { color: var(--good); background: var(--good-ground); }
    .fair { color: var(--fair); background: var(--fair-ground); }
    .bad { color: var(--bad); background: var(--bad-ground); }
    #notice {
      margin: 0 .2rem .9rem; padding: .6rem .9rem; border-radius: .5rem; font-weight: 600;
      color: var(--bad); background: var(--bad-ground); white-space: pre-line;
    }
    #streams {
      display: grid; gap: 1rem; align-items: start;
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr));
    }
    .card {
      background: var(--sheet); border: 1px solid var(--line); border-radius: .75rem;
      padding: .9rem; min-width: 0; max-width: 44rem;
    }
    .card h2 { font-size: 1.05rem; margin-right: auto; overflow-wrap: anywhere; }
    .address {
      flex-basis: 100%; white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
    }
    .stage {
      position: relative; margin: .6rem 0; border-radius: .5rem; overflow: hidden;
      background: #0b0f13; aspect-ratio: 4 / 3;
    }
    .picture { display: block; width: 100%; height: 100%; transition: opacity .3s; }
    .away .picture { opacity: .28; filter: grayscale(1); }
    .cover {
      position: absolute; inset: 0; display: flex; align-items: center; justify-content: center;
      text-align: center; padding: 1.5rem; color: #f4f7fa; text-shadow: 0 1px 4px #000;
      white-space: pre-line; overflow-wrap: anywhere;
    }
    .cover:empty { display: none; }
    .rate {
      position: absolute; right: .5rem; bottom: .4rem; font-size: .75rem; color: #f4f7fa;
      background: #0b0f13a6; border-radius: .3rem; padding: 0 .35rem;
    }
    .rate:empty { display: none; }
    .curves { display: grid; gap: .45rem; }
    figcaption { display: flex; justify-content: space-between; font-size: .8rem;
      color: var(--faint); }
    output { color: var(--text); font-weight: 600; }
    .curves canvas { display: block; width: 100%; height: 3.1rem; }
    .states { margin-top: .1rem; }
    .states canvas { height: .45rem; border-radius: .2rem; }
    .states figcaption { font-size: .72rem; }
    .totals {
      display: grid; grid-template-columns: repeat(auto-fill, minmax(8.6rem, 1fr));
      gap: .45rem .8rem; margin-top: .7rem; padding-top: .7rem; border-top: 1px solid var(--line);
    }
    dt { font-size: .75rem; color: var(--faint); }
    dd { font-size: .9rem; overflow-wrap: anywhere; }
    .outputs { list-style: none; }
    .outputs:not(:empty) { margin-top: .7rem; padding-top: .55rem;
      border-top: 1px solid var(--line); }
    .outputs li { display: flex; flex-wrap: wrap; gap: .1rem .6rem; align-items: baseline;
      padding: .2rem 0; font-size: .85rem; }
    .outputs .kind { font-weight: 600; }
    .outputs .target { color: var(--faint); flex: 1 1 8rem; min-width: 0; overflow: hidden;
      text-overflow: ellipsis; white-space: nowrap; }
    .outputs .lost, .outputs .problem { flex-basis: 100%; background: none; }
    .lost { color: var(--fair); }
    .problem { color: var(--bad); }
    @media (max-width: 30rem) {
      body { padding: .6rem; }
      .card { padding: .7rem; }
      #summary { margin-left: 0; flex-basis: 100%; }
    }
    """
}
