// Asks for a context to draw with, so that the page that needs one need not wait for it: the first one
// of a browser takes until its graphics process is there, and until what the page has drawn so far is out
// of the way. It says so as soon as it has one, or will have none, and keeps nothing.

new OffscreenCanvas(1, 1).getContext("webgl2");
postMessage(null);
