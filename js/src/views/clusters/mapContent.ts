import type { Palette } from "../../look/palette";
import type { MemberLists } from "../../state/memberLists";
import { UNZOOMED } from "../viewport";
import { camera } from "./camera";
import type { CellContent, LayerContent } from "./layers/cellLayer";
import type { LayerFrame } from "./layers/layer";
import {
  middleOf,
  mosaicTiles,
  portraitSides,
  portraitTile,
  ROOMS,
  radiusOf,
  type TileKind,
} from "./mosaic/cellTiles";
import type { Medoids } from "./mosaic/medoids";
import type { Outline } from "./mosaic/outline";
import type { Tile } from "./mosaic/tile";
import type { TileImage, TileImages } from "./mosaic/tileImages";
import { textWidth } from "./mosaic/tiling";
import { Tilings } from "./mosaic/tilings";
import { titlesOf } from "./rankLabels";
import type { ClusterScene } from "./scene";

/** Fewer places make no mosaic, unless the cluster has no more members. */
const LEAST_TILES: Readonly<Record<TileKind, number>> = { picture: 4, vector: 4, label: 4 };

/** Where rows come from, and what they show. */
export interface RowSources {
  readonly kind: TileKind;
  readonly lists: MemberLists;
  readonly medoids: Medoids;
  readonly images: TileImages;
  /** The row of a cluster that is nearest to the query, as far as the page knows. */
  nearestOf(cluster: number): bigint | null;
}

const NOTHING: CellContent = { tiles: [], tiling: null };

/** What the cells of the map show: their members or the row that stands for them, and what has to be asked for. */
export class MapContent implements LayerContent {
  readonly #sources: RowSources;
  #scene: ClusterScene;
  #palette: Palette;
  #version = 0;
  #tilings: Tilings | null = null;
  /** The layer that the cells are made for. */
  #frame: LayerFrame | null = null;
  #hasMosaics = false;
  readonly #cells = new Map<number, CellContent>();
  /** Clusters whose members, or whose medoids, have to be asked for. */
  readonly #lists = new Set<number>();
  readonly #medoids = new Set<number>();

  constructor(sources: RowSources, scene: ClusterScene, palette: Palette) {
    this.#sources = sources;
    this.#scene = scene;
    this.#palette = palette;
  }

  get version(): number {
    return this.#version;
  }

  get palette(): Palette {
    return this.#palette;
  }

  show(scene: ClusterScene, palette: Palette): void {
    const before = this.#scene;
    this.#scene = scene;
    const isSame =
      palette === this.#palette &&
      scene.cells === before.cells &&
      scene.ranking === before.ranking &&
      scene.labels === before.labels &&
      scene.recall === before.recall &&
      scene.scale === before.scale &&
      scene.probe === before.probe &&
      scene.missed === before.missed &&
      scene.marks === before.marks &&
      scene.query === before.query;
    this.#palette = palette;
    if (!isSame) this.renew();
  }

  /** Have all cells made anew: more rows are known. */
  renew(): void {
    this.#version++;
    this.#forget();
  }

  imageOf({ cluster, id }: Tile): TileImage | null {
    return this.#sources.images.get(cluster, id);
  }

  /** Whether any cell of the layer in work is a mosaic. */
  get hasMosaics(): boolean {
    return this.#hasMosaics;
  }

  /** The corners of a cell from its centre, as large as it is drawn by this camera. */
  outlineOf(cell: number, frame: LayerFrame): Outline {
    return this.#tilingsFor(frame)
      .outline(cell)
      .map((value) => value * frame.k);
  }

  contentOf(cell: number, frame: LayerFrame): CellContent {
    if (frame !== this.#frame) {
      this.#frame = frame;
      this.#hasMosaics = false;
      this.#forget();
    }
    const known = this.#cells.get(cell);
    if (known !== undefined) return known;
    const made = this.#make(cell, frame);
    this.#cells.set(cell, made);
    if (made.tiling !== null) this.#hasMosaics = true;
    return made;
  }

  /** Asks for the rows and pictures that a layer lacks, the nearest to its middle first. */
  request(frame: LayerFrame, visible: readonly number[]): void {
    const { lists, medoids, images } = this.#sources;
    lists.need(fromMiddle(this.#lists, frame));
    medoids.need(fromMiddle(this.#medoids, frame));
    const tiles = visible.flatMap((cell) => this.contentOf(cell, frame).tiles);
    tiles.sort((left, right) => left.index - right.index);
    images.want(tiles.map(({ cluster, id, width, isText }) => ({ cluster, id, side: isText ? 1 : width })));
  }

  #make(cell: number, frame: LayerFrame): CellContent {
    const { kind, lists, medoids, nearestOf } = this.#sources;
    const scene = this.#scene;
    const radius = radiusOf(frame, cell);
    if (radius === 0) return NOTHING;
    const tilings = this.#tilingsFor(frame);
    let isComing = false;
    if (tilings.isLarge(cell, frame.k)) {
      const list = lists.of(cell);
      if (!list.hasBegun) this.#lists.add(cell);
      const tiling = tilings.tiling(cell, frame.k, list.total, textWidth(titlesOf(scene, cell).at(-1) ?? ""));
      const places = tiling.places.length / 2;
      isComing = !list.hasBegun;
      if (list.hasBegun && places >= Math.min(LEAST_TILES[kind], list.total)) {
        const gap = { first: places, last: 0 };
        const tiles = mosaicTiles(scene, cell, frame, tiling, list, kind, gap);
        if (gap.last > gap.first) list.need(gap.first, gap.last);
        return { tiles, tiling };
      }
    }
    if (portraitSides(frame, cell, kind) === null) return NOTHING;
    const isTold = scene.ranking !== null && (isProbed(scene, cell) || isMissed(scene, cell));
    const row = (isTold ? nearestOf(cell) : null) ?? medoids.get(cell);
    if (row === null) {
      if (!isComing) this.#medoids.add(cell);
      return NOTHING;
    }
    const tile = portraitTile(scene, cell, frame, row, kind);
    return tile === null ? NOTHING : { tiles: [tile], tiling: null };
  }

  #forget(): void {
    this.#cells.clear();
    this.#lists.clear();
    this.#medoids.clear();
  }

  #tilingsFor({ cells, size }: LayerFrame): Tilings {
    const unzoomed = camera(size, cells.aspect, UNZOOMED);
    const room = ROOMS[this.#sources.kind];
    if (this.#tilings?.isFor(cells, unzoomed, room) !== true) {
      this.#tilings = new Tilings(cells, unzoomed, room);
    }
    return this.#tilings;
  }
}

function isProbed({ ranking, probe }: ClusterScene, cell: number): boolean {
  return ranking !== null && probe.has(ranking.rankOf[cell]);
}

function isMissed({ missed }: ClusterScene, cell: number): boolean {
  return missed.some((one) => one.cell === cell);
}

/** The cells by how near they are to the middle of a layer. */
function fromMiddle(cells: ReadonlySet<number>, frame: LayerFrame): number[] {
  const away = (cell: number) => {
    const [x, y] = middleOf(frame, cell);
    return Math.hypot(x - (frame.left + frame.right) / 2, y - (frame.top + frame.bottom) / 2);
  };
  const ordered = Array.from(cells, (cell) => [cell, away(cell)] as const);
  return ordered.sort((left, right) => left[1] - right[1]).map(([cell]) => cell);
}
