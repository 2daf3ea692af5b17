// Draws the clusters on a plain canvas beneath the vehicles': there are a few dozen at most, and
// they are mostly text. Nothing is drawn again unless the map moved or a number changed.

import type { CellBook } from "../live/cells.ts";
import type { FleetTable } from "../page/fleet-table.ts";
import { clusterText, clustersAt, shownBy } from "./clusters.ts";
import type { Cluster } from "./clusters.ts";
import type { Theme } from "./theme.ts";
import { toXPx, toYPx } from "./view.ts";
import type { View } from "./view.ts";

const RING_PX = 2.5;
const FONT_PX = 12;
/** An arc that is too short to be seen says nothing. */
const LEAST_ARC = 0.3;

export class ClusterLayer {
  readonly canvas = document.createElement("canvas");
  #context = this.canvas.getContext("2d")!;
  #book: CellBook;
  #table: FleetTable;
  #scale: number;
  #clusters: Cluster[] = [];
  #clustersKey = "";
  #drawnKey = "";

  constructor(book: CellBook, table: FleetTable, scale: number) {
    this.#book = book;
    this.#table = table;
    this.#scale = scale;
    this.canvas.className = "cluster-canvas";
    this.canvas.setAttribute("aria-hidden", "true");
  }

  /** Those of the last drawing, wherever they are. */
  get clusters(): readonly Cluster[] {
    return this.#clusters;
  }

  /** In other sizes from now on. */
  rescale(scale: number): void {
    this.#scale = scale;
    this.#clustersKey = this.#drawnKey = "";
  }

  draw(view: View, theme: Theme, ratio: number): void {
    this.#choose(view.zoom);
    const { centerX, centerY, zoom, widthPx, heightPx } = view;
    const key = this.#clusters.length === 0 ? "" : [this.#clustersKey, theme.clusterText, centerX, centerY, zoom, widthPx, heightPx, ratio].join();
    if (key === this.#drawnKey) return;
    this.#drawnKey = key;
    const [width, height] = [Math.round(widthPx * ratio), Math.round(heightPx * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) [this.canvas.width, this.canvas.height] = [width, height];
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#context.clearRect(0, 0, widthPx, heightPx);
    for (const cluster of this.#clusters) this.#drawOne(cluster, view, theme);
  }

  /** The cluster under a point of the last drawing. */
  at(xPx: number, yPx: number, view: View): Cluster | null {
    const isHit = (cluster: Cluster) => Math.hypot(toXPx(view, cluster.mercatorX) - xPx, toYPx(view, cluster.mercatorY) - yPx) <= cluster.radiusPx;
    return this.#clusters.find(isHit) ?? null;
  }

  #choose(zoom: number): void {
    const book = this.#book;
    const key = book.isEmpty ? "" : [book.version, this.#table.tilesVersion, Math.floor(zoom)].join();
    if (key === this.#clustersKey) return;
    this.#clustersKey = key;
    this.#clusters = clustersAt(zoom, book.cells, book.level, shownBy(this.#table.tileKeys, book.level), this.#scale);
  }

  #drawOne(cluster: Cluster, view: View, theme: Theme): void {
    const [x, y] = [toXPx(view, cluster.mercatorX), toYPx(view, cluster.mercatorY)];
    const { radiusPx } = cluster;
    if (x < -radiusPx || y < -radiusPx || x > view.widthPx + radiusPx || y > view.heightPx + radiusPx) return;
    const context = this.#context;
    const ringPx = RING_PX * this.#scale;
    context.beginPath();
    context.arc(x, y, radiusPx, 0, 2 * Math.PI);
    context.fillStyle = theme.clusterSurface;
    context.fill();
    context.beginPath();
    context.arc(x, y, radiusPx - ringPx / 2, 0, 2 * Math.PI);
    context.lineWidth = ringPx;
    context.strokeStyle = theme.clusterRing;
    context.stroke();
    if (cluster.overdue > 0) {
      const arc = Math.max(LEAST_ARC, (cluster.overdue / cluster.vehicles) * 2 * Math.PI);
      context.beginPath();
      context.arc(x, y, radiusPx - ringPx / 2, -Math.PI / 2, arc - Math.PI / 2);
      context.strokeStyle = theme.clusterOverdue;
      context.stroke();
    }
    context.font = `600 ${FONT_PX * this.#scale}px "Noto Sans", system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = theme.clusterText;
    context.fillText(clusterText(cluster.vehicles), x, y + this.#scale / 2);
  }
}
