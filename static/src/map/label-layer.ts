// Draws the chosen names as textured quads. Their places are computed for each frame here, since
// there are a few hundred at most; that keeps letters on whole pixels and thus sharp.

import { bindQuad, Program } from "./gl.ts";
import type { LabelAtlas } from "./label-atlas.ts";
import type { PlacedLabel } from "./label-placement.ts";
import type { DrawnPoint, MarkerBuffer } from "./marker-buffer.ts";
import { toXPx, toYPx } from "./view.ts";
import type { View } from "./view.ts";

const VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec2 corner;
layout(location = 1) in vec4 boxPx;
layout(location = 2) in vec4 cellPx;
uniform vec2 viewportPx;
uniform float atlasPx;
out vec2 uv;
void main() {
  vec2 unit = corner * 0.5 + 0.5;
  vec2 clip = (boxPx.xy + unit * boxPx.zw) / viewportPx * 2.0 - 1.0;
  gl_Position = vec4(clip.x, -clip.y, 0.0, 1.0);
  uv = (cellPx.xy + unit * cellPx.zw) / atlasPx;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec2 uv;
uniform sampler2D atlas;
out vec4 color;
void main() { color = texture(atlas, uv); if (color.a < 0.01) discard; }`;

const WORDS = 8;

export class LabelLayer {
  #gl: WebGL2RenderingContext;
  #program: Program<"viewportPx" | "atlasPx" | "atlas">;
  #vertices: WebGLVertexArrayObject;
  #buffer: WebGLBuffer;
  #texture: WebGLTexture;
  /** What the texture is of. */
  #atlas: LabelAtlas | undefined;
  #data = new Float32Array(0);

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#program = new Program(gl, VERTEX, FRAGMENT, ["viewportPx", "atlasPx", "atlas"]);
    this.#vertices = gl.createVertexArray();
    gl.bindVertexArray(this.#vertices);
    bindQuad(gl);
    this.#buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    for (const [location, offset] of [[1, 0], [2, 16]] as const) {
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, 4, gl.FLOAT, false, WORDS * 4, offset);
      gl.vertexAttribDivisor(location, 1);
    }
    gl.bindVertexArray(null);
    this.#texture = createAtlasTexture(gl);
  }

  draw(view: View, labels: Iterable<PlacedLabel>, count: number, markers: MarkerBuffer, atlas: LabelAtlas, nowMs: number, ratio: number): void {
    if (count === 0) return;
    const gl = this.#gl;
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    this.#upload(atlas);
    this.#fill(view, labels, count, markers, nowMs, ratio);
    const at = this.#program.use();
    gl.bindVertexArray(this.#vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.#data.subarray(0, count * WORDS), gl.STREAM_DRAW);
    gl.uniform2f(at.viewportPx, view.widthPx * ratio, view.heightPx * ratio);
    gl.uniform1f(at.atlasPx, atlas.sizePx);
    gl.uniform1i(at.atlas, 0);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
    gl.bindVertexArray(null);
  }

  /** Sends what was drawn since, slot by slot: the whole picture has 16 MB. */
  #upload(atlas: LabelAtlas): void {
    const gl = this.#gl;
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    if (atlas !== this.#atlas) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, atlas.sizePx, atlas.sizePx, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
      atlas.sendAll();
      this.#atlas = atlas;
    }
    for (const { x, y } of atlas.dirty) {
      const picture = atlas.context.getImageData(x, y, atlas.slotWidth, atlas.slotHeight);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, x, y, gl.RGBA, gl.UNSIGNED_BYTE, picture);
    }
    atlas.dirty = [];
  }

  #fill(view: View, labels: Iterable<PlacedLabel>, count: number, markers: MarkerBuffer, nowMs: number, ratio: number): void {
    if (this.#data.length < count * WORDS) this.#data = new Float32Array(count * WORDS * 2);
    const point: DrawnPoint = { x: 0, y: 0 };
    let at = 0;
    for (const { row, cell, offsetXPx, offsetYPx } of labels) {
      markers.drawnAt(row, nowMs, point);
      this.#data[at] = Math.round((toXPx(view, point.x) + offsetXPx) * ratio);
      this.#data[at + 1] = Math.round((toYPx(view, point.y) + offsetYPx) * ratio);
      this.#data[at + 2] = this.#data[at + 6] = Math.round(cell.widthPx * ratio);
      this.#data[at + 3] = this.#data[at + 7] = Math.round(cell.heightPx * ratio);
      this.#data[at + 4] = cell.x;
      this.#data[at + 5] = cell.y;
      at += WORDS;
    }
  }
}

function createAtlasTexture(gl: WebGL2RenderingContext): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}
