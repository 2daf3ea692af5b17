// Counts what a page holds on the graphics card: what it made less what it gave back. With a lost
// context all of it is gone. To be run in the page before its own scripts.

export function countGraphics() {
  const made = new WeakMap();
  const contexts = new Set();
  const bookOf = (gl) => {
    if (!made.has(gl)) {
      made.set(gl, { alive: new WeakSet(), count: 0 });
      contexts.add(new WeakRef(gl));
    }
    return made.get(gl);
  };
  const own = WebGL2RenderingContext.prototype;
  for (const kind of ["Buffer", "Texture", "VertexArray", "Program", "Shader", "Framebuffer", "Renderbuffer", "Sampler", "Query", "TransformFeedback"]) {
    const [create, remove] = [own[`create${kind}`], own[`delete${kind}`]];
    own[`create${kind}`] = function (...given) {
      const object = create.apply(this, given);
      const book = bookOf(this);
      if (object !== null) {
        book.alive.add(object);
        book.count += 1;
      }
      return object;
    };
    own[`delete${kind}`] = function (object) {
      const book = bookOf(this);
      if (object && book.alive.delete(object)) book.count -= 1;
      return remove.call(this, object);
    };
  }
  const getContext = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (...given) {
    const gl = getContext.apply(this, given);
    if (gl instanceof WebGL2RenderingContext && !made.has(gl)) {
      bookOf(gl);
      this.addEventListener("webglcontextlost", () => made.set(gl, { alive: new WeakSet(), count: 0 }));
    }
    return gl;
  };
  window.countGraphics = () => {
    const all = [...contexts].map((one) => one.deref()).filter((gl) => gl !== undefined && !gl.isContextLost());
    return { objects: all.reduce((sum, gl) => sum + bookOf(gl).count, 0), contexts: all.length };
  };
}
