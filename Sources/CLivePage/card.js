const historyLength = 300;
const count = value => value.toLocaleString("en");
const flows = stream => stream.sourceState === "live" && stream.trackingState !== null;
const classes = {
  live: "good", opening: "", waiting: "bad", stopped: "bad",
  tracking: "good", doubtful: "fair", searching: "", lost: "bad",
};

function chip(element, text, kind) {
  element.textContent = text;
  element.className = element.className.replace(/ ?\b(good|fair|bad)\b/g, "");
  if (kind) element.classList.add(kind);
}

// The value below which a share of a histogram's observations lies, seconds; null without any.
function quantile(bounds, counts, share) {
  const wanted = share * counts.reduce((sum, value) => sum + value, 0);
  if (!wanted) return null;
  let before = 0;
  for (let i = 0; i < bounds.length; i++) {
    if (before + counts[i] >= wanted) {
      const low = i ? bounds[i - 1] : 0;
      return low + (bounds[i] - low) * (wanted - before) / counts[i];
    }
    before += counts[i];
  }
  return bounds[bounds.length - 1];
}

const milliseconds = value => value < .01 ? (value * 1e3).toFixed(1) : Math.round(value * 1e3);

class Card {
  constructor(name) {
    this.name = name;
    this.root = document.getElementById("card").content.firstElementChild.cloneNode(true);
    this.find = query => this.root.querySelector(query);
    this.find("h2").textContent = name;
    this.find(".picture").setAttribute("aria-label", "Picture of " + name);
    this.root.card = this;
    this.isVisible = false;
    this.isLive = false;
    this.forget();
  }

  // What an earlier run of the service told.
  forget() {
    this.number = 0;
    this.shown = [];
    this.histograms = [];
    this.forgetCurves();
  }

  forgetCurves() {
    this.curves = { meanShift: [], confidence: [], framesPerSecond: [], state: [] };
  }

  show(stream) {
    this.isLive = stream.sourceState === "live";
    const isFlowing = flows(stream);
    this.find(".address").textContent = stream.source
      + (isFlowing && stream.width ? ` · ${stream.width} × ${stream.height}` : "");
    this.find(".address").title = stream.source;
    chip(this.find(".source"), stream.sourceState, classes[stream.sourceState]);
    chip(this.find(".tracking"), isFlowing ? stream.trackingState : "",
      classes[stream.trackingState]);
    this.root.classList.toggle("away", !isFlowing);
    this.find(".cover").textContent = isFlowing
      ? "" : [this.whyAway(stream), stream.problem].filter(text => text).join("\n");
    if (stream.width && !this.shownOnce) {
      this.find(".stage").style.aspectRatio = `${stream.width} / ${stream.height}`;
    }
    this.showTotals(stream);
    this.showOutputs(stream.outputs);
    this.showRate();
  }

  // The service does not answer: what was shown last is not what is.
  showUnknown() {
    this.isLive = false;
    this.shown = [];
    this.showRate();
    this.root.classList.add("away");
    this.find(".cover").textContent = "";
    for (const output of this.root.querySelectorAll("output")) output.textContent = "–";
    chip(this.find(".source"), "unknown", "");
    chip(this.find(".tracking"), "", "");
  }

  whyAway(stream) {
    const still = `No picture for ${duration(stream.lastFrameAgeSeconds)}`;
    return { opening: `${still}; opening the source`, waiting: `${still}; trying again`,
      live: still, stopped: "Stopped" }[stream.sourceState] || stream.sourceState;
  }

  showTotals(stream) {
    const looked = stream.framesTracked + stream.framesDoubtful + stream.framesWithoutFace;
    const share = value => looked ? ` (${(100 * value / looked).toFixed(1)} %)` : "";
    const drops = Object.entries(stream.drops).filter(([, value]) => value);
    const now = performance.now();
    this.histograms.push(
      { at: now, latency: stream.latency.counts, fitTime: stream.fitTime.counts });
    // A page that was hidden has not looked for long.
    this.histograms = this.histograms.filter(({ at }) => now - at < 61000);
    const totals = [
      ["Frames in", count(stream.framesIn)],
      ["Tracked", count(stream.framesTracked) + share(stream.framesTracked)],
      ["Doubtful", count(stream.framesDoubtful) + share(stream.framesDoubtful)],
      ["Without a face", count(stream.framesWithoutFace) + share(stream.framesWithoutFace)],
      ["Dropped", drops.map(([cause, value]) => `${count(value)} ${cause}`).join(", ") || "0"],
      ["Reconnects", count(stream.reconnects)],
      ["Detections", count(stream.detections)],
      ["Latency, median · 99 %", this.times(stream.latency.bounds, "latency")],
      ["Fit, median · 99 %", this.times(stream.fitTime.bounds, "fitTime")],
    ];
    const list = this.find(".totals");
    if (list.children.length !== totals.length) {
      list.replaceChildren(...totals.map(([name]) => {
        const entry = document.createElement("div");
        entry.append(document.createElement("dt"), document.createElement("dd"));
        entry.firstChild.textContent = name;
        return entry;
      }));
    }
    totals.forEach(([, text], i) => { list.children[i].lastChild.textContent = text; });
  }

  // Of the last minute, or what of it this page has seen.
  times(bounds, name) {
    const last = this.histograms[this.histograms.length - 1][name];
    const first = this.histograms[0][name];
    const counts = last.map((value, i) => Math.max(0, value - first[i]));
    const [half, most] = [.5, .99].map(share => quantile(bounds, counts, share));
    return half === null ? "–" : `${milliseconds(half)} · ${milliseconds(most)} ms`;
  }

  showOutputs(outputs) {
    this.find(".outputs").replaceChildren(...outputs.map(output => {
      const entry = document.createElement("li");
      const add = (name, text, title) => {
        const part = document.createElement("span");
        part.className = name;
        part.textContent = text;
        if (title) part.title = title;
        entry.append(part);
      };
      add("kind", output.kind);
      add("target", output.target, output.target);
      add("written", count(output.written) + " written");
      const lost = Object.entries(output.lost).filter(([, value]) => value);
      if (lost.length) {
        add("lost", "lost: " + lost.map(([cause, value]) => `${count(value)} ${cause}`)
          .join(", "));
      }
      if (output.problem) add("problem", output.problem);
      return entry;
    }));
  }

  addHistory(curves) {
    for (const name of Object.keys(this.curves)) {
      this.curves[name] = this.curves[name].concat(curves[name]).slice(-historyLength);
    }
  }

  drawHistory() {
    const { meanShift, confidence, framesPerSecond, state } = this.curves;
    const last = values => values.length ? values[values.length - 1] : null;
    const text = (value, digits, unit) => value === null ? "–" : value.toFixed(digits) + unit;
    this.find("output.shift").textContent = text(last(meanShift), 2, " px");
    this.find("output.confidence").textContent = text(last(confidence), 2, "");
    this.find("output.frames").textContent = text(last(framesPerSecond), 1, "");
    if (!this.isVisible) return;
    drawCurve(this.find(".shift-curve"), meanShift, historyLength, { least: .1 });
    drawCurve(this.find(".confidence-curve"), confidence, historyLength, { top: 1 });
    drawCurve(this.find(".frames-curve"), framesPerSecond, historyLength, { least: 10 });
    drawStates(this.find(".state-strip"), state, historyLength);
  }

  async showPicture(frame, jpeg) {
    this.number = frame.number;
    const bitmap = jpeg.byteLength
      ? await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })) : null;
    this.find(".stage").style.aspectRatio = `${frame.width} / ${frame.height}`;
    this.shownOnce = true;
    drawPicture(this.find(".picture"), bitmap, frame);
    if (bitmap) bitmap.close();
    this.shown.push(performance.now());
    this.showRate();
  }

  showRate() {
    const since = performance.now() - 3000;
    this.shown = this.shown.filter(time => time >= since);
    const rate = this.shown.length > 1
      ? 1000 * (this.shown.length - 1) / (this.shown[this.shown.length - 1] - this.shown[0])
      : 0;
    this.find(".rate").textContent = rate ? `${rate.toFixed(1)} pictures/s` : "";
  }
}
