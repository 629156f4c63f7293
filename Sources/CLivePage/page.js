const token = new URLSearchParams(location.search).get("token");
const headers = token ? { Authorization: "Bearer " + token } : {};
const cards = new Map();
const streams = document.getElementById("streams");
let instance = null, lastSample = 0, isConnected = false, pictures = null;
// When the service answered last; what is shown is of then.
let answeredAt = null;
// A service that hangs takes connections and says nothing.
const longestAnswer = 5000;
const mostPictures = Number(streams.dataset.mostPictures);

const pause = time => new Promise(done => setTimeout(done, time));

function duration(seconds) {
  const whole = Math.floor(seconds);
  const [days, hours, minutes] =
    [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

async function ask(path, signal) {
  const response = await fetch(path, { headers, cache: "no-store", signal });
  if (response.ok) return response;
  const error = new Error(response.status === 401
    ? "The token is missing or wrong: open the page with ?token=TOKEN."
    : `The service answered ${response.status}.`);
  error.isAnswer = true;
  throw error;
}

function say(text) {
  const notice = document.getElementById("notice");
  if (notice.textContent !== text) notice.textContent = text;
  notice.hidden = !text;
}

// What comes into sight or leaves it changes which pictures are asked for.
const sight = new IntersectionObserver(entries => {
  for (const entry of entries) entry.target.card.isVisible = entry.isIntersecting;
  if (pictures) pictures.abort();
});

function arrange(list) {
  const names = new Set(list.map(stream => stream.name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    sight.unobserve(card.root);
    card.root.remove();
    cards.delete(name);
  }
  list.forEach((stream, i) => {
    let card = cards.get(stream.name);
    if (!card) {
      card = new Card(stream.name);
      cards.set(stream.name, card);
      sight.observe(card.root);
    }
    if (streams.children[i] !== card.root) {
      streams.insertBefore(card.root, streams.children[i] || null);
    }
    card.show(stream);
  });
}

async function update() {
  const service = await (
    await ask("api/streams", AbortSignal.timeout(longestAnswer))).json();
  if (instance !== null && instance !== service.instance) {
    lastSample = 0;
    for (const card of cards.values()) card.forget();
  }
  instance = service.instance;
  const isNew = service.streams.some(stream => !cards.has(stream.name));
  if (isNew) lastSample = 0;
  arrange(service.streams);
  const history = await (await ask(
    "api/history?after=" + lastSample, AbortSignal.timeout(longestAnswer))).json();
  for (const [name, card] of cards) {
    if (!history.streams[name]) continue;
    if (!lastSample) card.forgetCurves();
    card.addHistory(history.streams[name]);
    card.drawHistory();
  }
  lastSample = history.last;
  summarise(service);
}

function summarise(service) {
  const all = service.streams.length, live = service.streams.filter(flows).length;
  // While the first sources are opened nothing is wrong.
  const kind = live === all ? "good" : live || !service.isReady ? "fair" : "bad";
  chip(document.getElementById("health"), all ? `${live} of ${all} live` : "", kind);
  const failing = service.streams.flatMap(stream => stream.outputs)
    .filter(output => output.problem).length;
  chip(document.getElementById("outputs"),
    failing ? `${failing} output${failing > 1 ? "s" : ""} failing` : "", "bad");
  document.getElementById("version").textContent = service.version;
  document.getElementById("summary").textContent = `up ${duration(service.uptimeSeconds)}`;
  document.title = live === all ? "landmarkd" : `(${live} of ${all} live) landmarkd`;
  const { problem, lastReloadAgeSeconds } = service.configuration;
  say([
    all ? "" : "No stream is configured.",
    problem ? `The configuration ${problem} and was not taken (${duration(lastReloadAgeSeconds)}`
      + " ago). The one before is in force." : "",
  ].filter(text => text).join("\n"));
}

// What was shown last is of then.
function showNoAnswer(error) {
  chip(document.getElementById("health"), "no answer", "bad");
  chip(document.getElementById("outputs"), "", "");
  document.getElementById("summary").textContent = "";
  document.title = "(no answer) landmarkd";
  for (const card of cards.values()) card.showUnknown();
  const age = answeredAt && duration((performance.now() - answeredAt) / 1000);
  say((error.isAnswer
    ? error.message : "The service does not answer; the page tries again.")
    + (age ? ` What is below is ${age} old.` : ""));
}

async function keepFigures() {
  for (;;) {
    if (!document.hidden) {
      try {
        await update();
        isConnected = true;
        answeredAt = performance.now();
      } catch (error) {
        isConnected = false;
        showNoAnswer(error);
      }
    }
    await pause(1000);
  }
}

// Parts: the lengths of name, JSON and JPEG as four bytes each, and then these.
async function showParts(buffer) {
  const view = new DataView(buffer), decoder = new TextDecoder();
  let at = 0;
  while (at + 12 <= buffer.byteLength) {
    const lengths = [0, 4, 8].map(offset => view.getUint32(at + offset));
    at += 12;
    const [name, json, jpeg] = lengths.map(length => {
      at += length;
      return new Uint8Array(buffer, at - length, length);
    });
    const card = cards.get(decoder.decode(name));
    if (card) await card.showPicture(JSON.parse(decoder.decode(json)), jpeg);
  }
}

async function keepPictures() {
  for (;;) {
    const wanted = [...cards.values()].filter(card => card.isVisible && card.isLive)
      .slice(0, mostPictures);
    if (document.hidden || !isConnected || !wanted.length) {
      await pause(200);
      continue;
    }
    const begin = performance.now();
    const controller = pictures = new AbortController();
    const timer = setTimeout(() => controller.abort(), 5000 + longestAnswer);
    try {
      const query =
        wanted.map(card => "of=" + encodeURIComponent(`${card.number}:${card.name}`));
      const response = await ask("api/pictures?wait=5&" + query.join("&"), controller.signal);
      await showParts(await response.arrayBuffer());
    } catch (error) {
      if (error.name !== "AbortError") await pause(500);
    }
    clearTimeout(timer);
    pictures = null;
    // What comes at the same time is fetched together.
    await pause(Math.max(0, 50 - (performance.now() - begin)));
  }
}

// Nobody looks at a page that is hidden: nothing is to be encoded for it.
document.addEventListener("visibilitychange", () => {
  if (document.hidden && pictures) pictures.abort();
});
keepFigures();
keepPictures();
