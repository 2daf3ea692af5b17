// Draws all vehicle markers in one instanced call. Holds graphics objects only: after a lost
// context it is thrown away and made anew from the same buffer.

import { bindQuad, Program } from "./gl.ts";
import { MARKER_FRAGMENT, MARKER_VERTEX } from "./marker-shaders.ts";
import { RECORD_BYTES, RECORD_WORDS, WORD } from "./marker-buffer.ts";
import type { MarkerBuffer } from "./marker-buffer.ts";
import type { Rgb, Theme } from "./theme.ts";
import { markerRadiusPx } from "./view.ts";
import type { View } from "./view.ts";

const UNIFORMS = [
  "centerXY",
  "anchorPx",
  "viewportPx",
  "worldPx",
  "radiusPx",
  "nowMs",
  "onlySelected",
  "motionColor",
  "staleColor",
  "offlineColor",
  "surfaceColor",
  "haloColor",
  "ringColor",
  "badColor",
  "warningColor",
] as const;

export class MarkerLayer {
  #gl: WebGL2RenderingContext;
  #program: Program<(typeof UNIFORMS)[number]>;
  #vertices: WebGLVertexArrayObject;
  #records: WebGLBuffer;
  #uploadedBytes = 0;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#program = new Program(gl, MARKER_VERTEX, MARKER_FRAGMENT, UNIFORMS);
    this.#vertices = gl.createVertexArray();
    gl.bindVertexArray(this.#vertices);
    bindQuad(gl);
    this.#records = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#records);
    bindRecords(gl);
    gl.bindVertexArray(null);
  }

  /** Forgets what it holds: other markers are to be uploaded next. */
  reset(): void {
    this.#uploadedBytes = 0;
  }

  upload(markers: MarkerBuffer): void {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#records);
    if (markers.words.byteLength !== this.#uploadedBytes) {
      gl.bufferData(gl.ARRAY_BUFFER, markers.words, gl.DYNAMIC_DRAW);
      this.#uploadedBytes = markers.words.byteLength;
    } else if (markers.dirtyFrom < markers.dirtyTo) {
      const changed = markers.words.subarray(markers.dirtyFrom * RECORD_WORDS, markers.dirtyTo * RECORD_WORDS);
      gl.bufferSubData(gl.ARRAY_BUFFER, markers.dirtyFrom * RECORD_BYTES, changed);
    }
    markers.dirtyFrom = markers.dirtyTo = 0;
  }

  draw(view: View, rowCount: number, nowMs: number, theme: Theme, scale: number, hasSelection: boolean): void {
    if (rowCount === 0 || this.#uploadedBytes === 0) return;
    const gl = this.#gl;
    const at = this.#program.use();
    gl.bindVertexArray(this.#vertices);
    gl.uniform2ui(at.centerXY, view.centerX, view.centerY);
    gl.uniform2f(at.anchorPx, view.anchorXPx, view.anchorYPx);
    gl.uniform2f(at.viewportPx, view.widthPx, view.heightPx);
    gl.uniform1f(at.worldPx, view.worldPx);
    gl.uniform1f(at.radiusPx, markerRadiusPx(view.zoom, scale));
    gl.uniform1ui(at.nowMs, nowMs >>> 0);
    gl.uniform3fv(at.motionColor, theme.motionColors.flat());
    const color = (location: WebGLUniformLocation | null, rgb: Rgb) => gl.uniform3f(location, ...rgb);
    color(at.staleColor, theme.stale);
    color(at.offlineColor, theme.offline);
    color(at.surfaceColor, theme.markerSurface);
    color(at.haloColor, theme.markerHalo);
    color(at.ringColor, theme.ring);
    color(at.badColor, theme.bad);
    color(at.warningColor, theme.warning);
    gl.uniform1i(at.onlySelected, 0);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, rowCount);
    if (hasSelection) {
      // Once more on top, so that no neighbour covers the one being looked at.
      gl.uniform1i(at.onlySelected, 1);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, rowCount);
    }
    gl.bindVertexArray(null);
  }
}

function bindRecords(gl: WebGL2RenderingContext): void {
  const integers = (location: number, size: number, word: number) => {
    gl.enableVertexAttribArray(location);
    gl.vertexAttribIPointer(location, size, gl.UNSIGNED_INT, RECORD_BYTES, word * 4);
    gl.vertexAttribDivisor(location, 1);
  };
  const floats = (location: number, size: number, word: number) => {
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, size, gl.FLOAT, false, RECORD_BYTES, word * 4);
    gl.vertexAttribDivisor(location, 1);
  };
  integers(1, 2, WORD.from);
  integers(2, 2, WORD.to);
  integers(3, 1, WORD.startMs);
  floats(4, 1, WORD.durationMs);
  integers(5, 1, WORD.look);
}
