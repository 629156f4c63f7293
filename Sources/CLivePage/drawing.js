// The 68 landmarks as lines: from, to, and whether the last is joined to the first.
const contours = [
  [0, 16, false], [17, 21, false], [22, 26, false], [27, 30, false], [31, 35, false],
  [36, 41, true], [42, 47, true], [48, 59, true], [60, 67, true],
];

const colour = name =>
  getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

// On a picture, which is dark or light wherever it likes.
const lineColours = { tracking: "#3ee08f", doubtful: "#ffc24a" };

const stateColour = state =>
  ({ tracking: colour("good"), doubtful: colour("fair"), lost: colour("bad"),
    waiting: colour("bad"), stopped: colour("bad"), silent: colour("bad") })[state] || colour("idle");

// Gives a canvas the pixels that it is shown with. Returns its context and size in CSS pixels.
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) {
    [canvas.width, canvas.height] = pixels;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

function drawPicture(canvas, bitmap, frame) {
  const { context, width, height } = prepare(canvas);
  if (bitmap) context.drawImage(bitmap, 0, 0, width, height);
  // Of one face there is no list.
  const faces = frame.faces || (frame.x && frame.y ? [frame] : []);
  for (const face of faces) drawFace(context, face, width / frame.width, height / frame.height);
}

// A person's colour on a picture, where there are several.
const personColours = ["#3cc8ff", "#ff9ad5", "#78e65a", "#be8cff", "#fff06e", "#5af0d2"];

function drawFace(context, frame, scaleX, scaleY) {
  const at = i => [(frame.x[i] + .5) * scaleX, (frame.y[i] + .5) * scaleY];
  const isNamed = frame.faceId !== undefined;
  const line = isNamed && frame.success
    ? personColours[frame.faceId % personColours.length] : lineColours[frame.state] || "#ff8a80";
  context.lineJoin = context.lineCap = "round";
  if (frame.x.length === 68) {
    context.beginPath();
    for (const [from, to, isClosed] of contours) {
      context.moveTo(...at(from));
      for (let i = from + 1; i <= to; i++) context.lineTo(...at(i));
      if (isClosed) context.lineTo(...at(from));
    }
    context.strokeStyle = "#000a";
    context.lineWidth = 3;
    context.stroke();
    context.strokeStyle = line;
    context.lineWidth = 1.4;
    context.stroke();
  }
  context.beginPath();
  for (let i = 0; i < frame.x.length; i++) {
    const [x, y] = at(i);
    context.moveTo(x + 1.7, y);
    context.arc(x, y, 1.7, 0, 2 * Math.PI);
  }
  context.fillStyle = line;
  context.fill();
  if (isNamed) drawNumber(context, frame, line, scaleX, scaleY);
}

// A face's number above it.
function drawNumber(context, frame, line, scaleX, scaleY) {
  const middle = (Math.min(...frame.x) + Math.max(...frame.x)) / 2 * scaleX;
  const top = Math.max(18, Math.min(...frame.y) * scaleY - 6);
  context.font = "bold 14px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "bottom";
  context.strokeStyle = "#000c";
  context.lineWidth = 3;
  context.strokeText(frame.faceId, middle, top);
  context.fillStyle = line;
  context.fillText(frame.faceId, middle, top);
  context.textAlign = "start";
}

// The next of 1, 2, 5, 10, ... above a value.
function ceiling(value) {
  const power = Math.pow(10, Math.floor(Math.log10(value)));
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value * .999);
}

// Values of the last `length` seconds, the newest at the right; null leaves a gap. The curve
// ends at `top`, or above the highest value and no lower than `least`.
function drawCurve(canvas, values, length, { top, least }) {
  const { context, width, height } = prepare(canvas);
  const known = values.filter(value => value !== null);
  const highest = top || ceiling(Math.max(least, ...known));
  const x = i => width * (1 - (values.length - 1 - i) / (length - 1));
  const y = value => height - 2 - (height - 4) * Math.min(1, Math.max(0, value / highest));
  context.strokeStyle = colour("line");
  context.lineWidth = 1;
  for (const part of [0, .5, 1]) {
    context.beginPath();
    context.moveTo(0, y(part * highest));
    context.lineTo(width, y(part * highest));
    context.stroke();
  }
  let start = 0;
  while (start < values.length) {
    if (values[start] === null) { start++; continue; }
    let end = start;
    while (end + 1 < values.length && values[end + 1] !== null) end++;
    context.beginPath();
    context.moveTo(x(start) - (start === end ? 1 : 0), y(values[start]));
    for (let i = start; i <= end; i++) context.lineTo(x(i), y(values[i]));
    context.strokeStyle = colour("curve");
    context.lineWidth = 1.5;
    context.stroke();
    context.lineTo(x(end), height);
    context.lineTo(x(start), height);
    context.fillStyle = colour("curve-ground");
    context.fill();
    start = end + 1;
  }
  context.fillStyle = colour("faint");
  context.font = "10px system-ui, sans-serif";
  context.textBaseline = "top";
  if (known.length) context.fillText(String(+highest.toFixed(2)), 2, 4);
}

// What the stream was at, a second a step.
function drawStates(canvas, states, length) {
  const { context, width, height } = prepare(canvas);
  context.fillStyle = colour("line");
  context.fillRect(0, 0, width, height);
  const step = width / length;
  let start = 0;
  while (start < states.length) {
    let end = start + 1;
    while (end < states.length && states[end] === states[start]) end++;
    context.fillStyle = stateColour(states[start]);
    context.fillRect(
      width - (states.length - start) * step, 0, (end - start) * step, height);
    start = end;
  }
}
