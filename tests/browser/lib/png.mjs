// Decodes a PNG as a browser makes it: 8 bits a channel, RGB or RGBA, not interlaced.

import zlib from "node:zlib";

export function decodePng(png) {
  const parts = [];
  let head;
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const kind = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (kind === "IHDR") head = { width: body.readUInt32BE(0), height: body.readUInt32BE(4), channels: body[9] === 6 ? 4 : 3 };
    if (kind === "IDAT") parts.push(body);
    at += 12 + length;
  }
  return { ...head, data: unfiltered(zlib.inflateSync(Buffer.concat(parts)), head) };
}

function unfiltered(raw, { width, height, channels }) {
  const stride = width * channels;
  const out = Buffer.alloc(width * height * 4, 255);
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    const line = Buffer.from(raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let i = 0; i < stride; i++) {
      const left = i < channels ? 0 : line[i - channels];
      const up = above[i];
      const corner = i < channels ? 0 : above[i - channels];
      line[i] += [0, left, up, (left + up) >> 1, predicted(left, up, corner)][filter];
    }
    for (let x = 0; x < width; x++) line.copy(out, (y * width + x) * 4, x * channels, x * channels + channels);
    above = line;
  }
  return out;
}

function predicted(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
