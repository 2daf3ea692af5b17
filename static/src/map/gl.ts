// The few WebGL calls that every program needs, with errors that say what failed. A program is made long
// before it is asked anything: each question waits for all that the graphics process still has to do,
// which while a page opens is a lot.

/** A program that compiles by the way until it is first used. */
export class Program<Name extends string> {
  #gl: WebGL2RenderingContext;
  #program: WebGLProgram;
  #shaders: WebGLShader[];
  #names: readonly Name[];
  #uniforms: Record<Name, WebGLUniformLocation | null> | undefined;

  constructor(gl: WebGL2RenderingContext, vertex: string, fragment: string, names: readonly Name[]) {
    this.#gl = gl;
    this.#names = names;
    this.#program = gl.createProgram();
    this.#shaders = [shaderOf(gl, gl.VERTEX_SHADER, vertex), shaderOf(gl, gl.FRAGMENT_SHADER, fragment)];
    for (const shader of this.#shaders) gl.attachShader(this.#program, shader);
    gl.linkProgram(this.#program);
  }

  /** Draws with it from now on; answers the addresses of its uniforms. */
  use(): Record<Name, WebGLUniformLocation | null> {
    this.#uniforms ??= this.#finish();
    this.#gl.useProgram(this.#program);
    return this.#uniforms;
  }

  #finish(): Record<Name, WebGLUniformLocation | null> {
    const gl = this.#gl;
    if (!gl.getProgramParameter(this.#program, gl.LINK_STATUS) && !gl.isContextLost()) {
      const logs = [gl.getProgramInfoLog(this.#program), ...this.#shaders.map((shader) => gl.getShaderInfoLog(shader))];
      throw new Error(`program does not link: ${logs.filter(Boolean).join("; ")}`);
    }
    const entries = this.#names.map((name) => [name, gl.getUniformLocation(this.#program, name)]);
    return Object.fromEntries(entries) as Record<Name, WebGLUniformLocation | null>;
  }
}

function shaderOf(gl: WebGL2RenderingContext, kind: number, source: string): WebGLShader {
  const shader = gl.createShader(kind)!;
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

/** Binds the four corners of a quad as attribute 0. */
export function bindQuad(gl: WebGL2RenderingContext): void {
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 8, 0);
}
