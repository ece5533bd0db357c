import { describe, expect, it } from "vitest";
import { css, labelColour, mix, PALETTES, rgbOf } from "../src/look/palette";
import { wholePercent } from "../src/model/format";
import { areTexts, joinedLabels, labelShares, mainLabels, whereLabelLives } from "../src/model/labels";
import { joined } from "../src/model/mapCells";
import { nearest } from "../src/model/probe";
import { Search } from "../src/model/search";
import type { Composition, Labels, RowLabels } from "../src/protocol/messages";
import { cellColours, pack } from "../src/views/clusters/cellColours";
import { type ClusterScene, cellRanking } from "../src/views/clusters/scene";
import { cellLabels, cellPictureOpacity, cellTints } from "../src/views/labels/cellLabels";
import { codesOf } from "../src/views/labels/pointLabels";
import { paintPoints } from "../src/views/points/painter";
import { pointColours } from "../src/views/points/pointColours";
import { wrapped } from "../src/views/textBlock";
import { UNZOOMED } from "../src/views/viewport";
import { RecordingContext } from "./recordingContext";
import { candidatesOf, coarseOf, explorationOf, mapOf, settled, summaryOf } from "./support";

const SIZES = [3, 4, 0, 5];
const { light } = PALETTES;

/** Two deer and a cat; three cats and one that is neither; nothing; a deer, two owls, a cat and one without a label. */
function labelsOf(changes: Partial<Labels> = {}): Labels {
  return {
    kind: "labels",
    column: null,
    request: "l",
    index_version: 0,
    final: true,
    names: ["cat", "deer"],
    distinct: 4,
    counted: 12,
    total: 12,
    limit: 2000,
    unlabelled: 1,
    failed: 0,
    rows: 4,
    offset: 0,
    counts: Int32Array.of(1, 2, 0, 3, 0, 1, 0, 0, 0, 1, 1, 2),
    commonest: Uint8Array.of(1, 0, 3, 2),
    most: Int32Array.of(2, 3, 0, 2),
    ...changes,
  };
}

function part(whole: Labels, first: number, last: number): Labels {
  return {
    ...whole,
    offset: first,
    counts: whole.counts.slice(3 * first, 3 * last),
    commonest: whole.commonest.slice(first, last),
    most: whole.most.slice(first, last),
  };
}

const counts = joinedLabels([labelsOf()]);

describe("counted labels", () => {
  it("are joined from their parts", () => {
    const whole = labelsOf();
    expect(joinedLabels([part(whole, 0, 1), part(whole, 1, 4)])).toEqual(counts);
    expect([...counts.labelled]).toEqual([3, 4, 0, 4]);
  });

  it("have shares of the rows with a label", () => {
    expect([...labelShares(counts, null)]).toEqual([2 / 3, 0.75, 0, 0.5].map(Math.fround));
    expect([...labelShares(counts, 1)]).toEqual([2 / 3, 0, 0, 0.25].map(Math.fround));
  });

  it("tell the least number of clusters with half of a label's rows, unless they are a sample", () => {
    expect(whereLabelLives(counts, 0)).toEqual({ rows: 5, clusters: 1 });
    expect(whereLabelLives(counts, 1)).toEqual({ rows: 3, clusters: 1 });
    expect(whereLabelLives({ ...counts, counted: 11 }, 1)).toBeNull();
  });

  it("are texts where they hardly repeat", () => {
    expect(areTexts(counts)).toBe(false);
    expect(areTexts({ ...counts, distinct: 6 })).toBe(true);
    expect(areTexts({ ...counts, distinct: 0, unlabelled: 12 })).toBe(false);
  });
});

function compositionOf(changes: Partial<Composition> = {}): Composition {
  return {
    kind: "composition",
    request: "c",
    cluster: 1,
    names: ["deer", "cat", "owl"],
    counts: [6, 2, 1],
    distinct: 3,
    counted: 10,
    total: 10,
    unlabelled: 1,
    failed: 0,
    ...changes,
  };
}

describe("the composition of a cluster", () => {
  it("is its commonest labels, and its rows without one", () => {
    expect(mainLabels(compositionOf(), 2)).toEqual([
      { name: "deer", share: 0.6 },
      { name: "cat", share: 0.2 },
      { name: null, share: 0.1 },
    ]);
    const whole = compositionOf({ counted: 9, unlabelled: 0 });
    expect(mainLabels(whole, 1)).toEqual([{ name: "deer", share: 6 / 9 }]);
  });

  it("is not told of texts, nor where no row has a label", () => {
    expect(mainLabels(compositionOf({ distinct: 9, counts: [1, 1, 1] }), 3)).toEqual([]);
    expect(mainLabels(compositionOf({ names: [], counts: [], distinct: 0, unlabelled: 10 }), 3)).toEqual([]);
  });

  it("is of one label where there is only one row", () => {
    const one = compositionOf({ names: ["deer"], counts: [1], distinct: 1, counted: 1, unlabelled: 0 });
    expect(mainLabels(one, 3)).toEqual([{ name: "deer", share: 1 }]);
  });

  it("is all or nothing only where it is", () => {
    const texts = [0, 0.001, 0.5, 0.999, 1].map((share) => wholePercent(share).replaceAll("\u00a0", " "));
    expect(texts).toEqual(["0 %", "< 1 %", "50 %", "99 %", "100 %"]);
  });

  it("is asked for once, when it is looked at, and again when the index has changed", async () => {
    const { exploration, transport, index, summary } = explorationOf(SIZES, { labels: true });
    const first = exploration.compositions.of(1);
    exploration.compositions.of(1);
    expect(transport.all("composition")).toMatchObject([{ cluster: 1 }]);
    expect(first.value).toBeNull();
    transport.say(compositionOf({ request: transport.last("composition").request }));
    await settled();
    expect(first.value?.names[0]).toBe("deer");
    index.value = { ...summary, indexVersion: 1 };
    expect(exploration.compositions.of(1).value).toBeNull();
    expect(transport.all("composition")).toHaveLength(2);
  });

  it("is not asked for where rows have no labels", () => {
    const { exploration, transport } = explorationOf(SIZES);
    expect(exploration.compositions.of(1).value).toBeNull();
    expect(transport.all("composition")).toHaveLength(0);
  });
});

describe("labels as colours", () => {
  it("are counted when a person chooses them, and are colours as soon as they are known", () => {
    const { exploration, transport } = explorationOf();
    const { labels } = exploration;
    expect(transport.all("labels")).toHaveLength(0);
    labels.wanted.value = "label";
    expect(transport.all("labels")).toHaveLength(1);
    expect(labels.coloursBy.value).toBe("rank");
    transport.say(part(labelsOf(), 0, 2));
    expect(labels.counts.value).toBeNull();
    transport.say(part(labelsOf(), 2, 4));
    expect(labels.coloursBy.value).toBe("label");
    labels.wanted.value = "rank";
    labels.wanted.value = "label";
    expect(transport.all("labels")).toHaveLength(1);
  });

  it("a first count is replaced by the final one, and not the other way round", () => {
    const { exploration, transport } = explorationOf();
    exploration.labels.wanted.value = "label";
    transport.say(labelsOf({ final: false, counted: 4 }));
    transport.say(labelsOf());
    transport.say(labelsOf({ final: false, counted: 4 }));
    expect(exploration.labels.counts.value?.counted).toBe(12);
  });

  it("are counted anew when the index has changed; counts of before are not shown", () => {
    const { exploration, transport, index, summary } = explorationOf();
    exploration.labels.wanted.value = "label";
    transport.say(labelsOf());
    index.value = { ...summary, indexVersion: 1 };
    expect(exploration.labels.counts.value).toBeNull();
    expect(exploration.labels.coloursBy.value).toBe("rank");
    expect(transport.all("labels")).toHaveLength(2);
    transport.say(labelsOf());
    expect(exploration.labels.counts.value).toBeNull();
    transport.say(labelsOf({ index_version: 1 }));
    expect(exploration.labels.coloursBy.value).toBe("label");
  });

  it("are none where labels are texts, or there are none", () => {
    const { exploration, transport } = explorationOf();
    exploration.labels.wanted.value = "label";
    transport.say(labelsOf({ distinct: 11 }));
    expect(exploration.labels.coloursBy.value).toBe("rank");
  });

  it("know the place of a label among the named ones", () => {
    const { exploration, transport } = explorationOf();
    const { labels } = exploration;
    labels.wanted.value = "label";
    transport.say(labelsOf());
    expect(["cat", "deer", "owl", null].map((label) => labels.placeOf(label))).toEqual([0, 1, 2, 3]);
    labels.chosen.value = "deer";
    expect(labels.chosenPlace.value).toBe(1);
    labels.chosen.value = "owl";
    expect(labels.chosenPlace.value).toBeNull();
  });
});

describe("the labels of rows", () => {
  const answerTo = (request: RowLabels["request"], clusters: number[], changes: Partial<RowLabels> = {}) => {
    const ids = clusters.map((cluster) => BigInt(cluster));
    return {
      kind: "row_labels" as const,
      request,
      names: ["cat", "deer"],
      clusters: Int32Array.from(clusters),
      counts: Int32Array.from(clusters, () => 1),
      ids: BigInt64Array.from(ids),
      codes: Uint8Array.from(clusters, (cluster) => cluster % 2),
      ...changes,
    };
  };

  it("are asked for once labels are counted, and again as far as the kernel has left some out", async () => {
    const { exploration, transport } = explorationOf();
    const { rows } = exploration.labels;
    rows.need([3, 1, 0]);
    expect(transport.all("row_labels")).toHaveLength(0);
    exploration.labels.wanted.value = "label";
    transport.say(labelsOf());
    rows.need([3, 1, 0]);
    expect(transport.last("row_labels").clusters).toEqual([3, 1, 0]);
    transport.say(answerTo(transport.last("row_labels").request, [3, 1]));
    await settled();
    expect(transport.last("row_labels").clusters).toEqual([0]);
    expect(rows.of(3)).toEqual({ ids: BigInt64Array.of(3n), codes: Uint8Array.of(1) });
    expect(rows.of(0)).toBeNull();
    transport.say(answerTo(transport.last("row_labels").request, [0]));
    await settled();
    expect(transport.all("row_labels")).toHaveLength(2);
    rows.need([1, 3]);
    expect(transport.all("row_labels")).toHaveLength(2);
  });

  it("are not asked for without end where the kernel tells of none", async () => {
    const { exploration, transport } = explorationOf();
    exploration.labels.wanted.value = "label";
    transport.say(labelsOf());
    exploration.labels.rows.need([1]);
    transport.say(answerTo(transport.last("row_labels").request, []));
    await settled();
    expect(transport.all("row_labels")).toHaveLength(1);
  });

  it("of an index of before are dropped", async () => {
    const { exploration, transport, index, summary } = explorationOf();
    const { rows } = exploration.labels;
    exploration.labels.wanted.value = "label";
    transport.say(labelsOf());
    rows.need([1]);
    const { request } = transport.last("row_labels");
    index.value = { ...summary, indexVersion: 1 };
    transport.say(labelsOf({ index_version: 1, names: ["deer", "cat"] }));
    transport.say(answerTo(request, [1]));
    await settled();
    expect(rows.of(1)).toBeNull();
    expect(transport.all("row_labels")).toHaveLength(2);
  });

  it("are matched to points by id where the points are not the rows of a list", () => {
    const points = {
      count: 5,
      ids: BigInt64Array.of(7n, 8n, 9n, 4n, 7n),
      ranks: Uint32Array.of(1, 1, 1, 2, 3),
    };
    const rows = [
      { ids: BigInt64Array.of(7n, 8n, 9n), codes: Uint8Array.of(0, 1, 0) },
      { ids: BigInt64Array.of(3n, 4n), codes: Uint8Array.of(0, 2) },
    ];
    expect([...codesOf(points, (rank) => rows[rank - 1] ?? null, 9)]).toEqual([0, 1, 0, 2, 9]);
  });
});

describe("the map by label", () => {
  const summary = summaryOf(SIZES);
  const search = new Search(coarseOf(summary), summary.sizes);
  search.add(candidatesOf(summary, 1, 4));
  const scene: ClusterScene = {
    cells: joined([mapOf(SIZES)]),
    ranking: cellRanking(search),
    probe: nearest(2),
    named: nearest(2),
    missed: [],
    marks: new Map(),
    query: null,
    hovered: null,
    pinned: null,
    hoveredRow: null,
    selected: new Set(),
  };
  const tintOf = (chosen: number | null) => cellTints(cellLabels(counts, chosen), light);
  const distance = (one: readonly number[], other: readonly number[]) =>
    Math.hypot(...one.map((value, i) => value - other[i]));

  it("has cells in the colours of their commonest labels, paler where these are mixed", () => {
    const tint = tintOf(null);
    const background = rgbOf(light.background);
    const strengths = [
      [3, 2],
      [0, 1],
      [1, 0],
    ].map(([cluster, place]) => {
      const colour = labelColour(light, place, 2);
      // Between the background and the label's colour.
      const away = distance(tint(cluster), background);
      expect(away + distance(tint(cluster), colour)).toBeCloseTo(distance(background, colour), 0);
      return away / distance(background, colour);
    });
    expect(strengths).toEqual([...strengths].sort((left, right) => left - right));
    expect(strengths[2]).toBeGreaterThan(strengths[0] + 0.1);
    expect(tint(2)).toEqual(rgbOf(light.raised));
  });

  it("shows where a chosen label lives by its share, and no other label", () => {
    const tint = tintOf(1);
    const background = rgbOf(light.background);
    expect(tint(1)).toEqual(rgbOf(light.raised));
    expect(distance(tint(0), background)).toBeGreaterThan(distance(tint(3), background));
    const { commonest, chosen } = cellLabels(counts, 1);
    const opacity = [0, 1, 3].map((cluster) =>
      cellPictureOpacity({ ...cellLabels(counts, 1), commonest, chosen }, cluster),
    );
    expect(opacity).toEqual([1, 0.3, 0.3]);
  });

  const packed = (place: number) => pack(labelColour(light, place, 2));
  const text = pack(rgbOf(light.text));

  it("outlines cells in the colours of their labels, and the probed ones without the colours of ranks", () => {
    const { fill, edge } = cellColours({ ...scene, labels: cellLabels(counts, null) }, light);
    expect([...edge]).toEqual([text, text, 0, packed(2)]);
    expect(fill[1]).toBe(pack(tintOf(null)(1)));
    const before = cellColours({ ...scene, ranking: null, labels: cellLabels(counts, null) }, light);
    expect([...before.edge]).toEqual([packed(1), packed(0), 0, packed(2)]);
    expect(before.fill).toEqual(fill);
  });

  it("outlines where a chosen label is the commonest", () => {
    const { edge } = cellColours({ ...scene, ranking: null, labels: cellLabels(counts, 1) }, light);
    expect([...edge]).toEqual([packed(1), 0, 0, 0]);
  });
});

describe("points by label", () => {
  const points = {
    count: 3,
    ids: BigInt64Array.of(1n, 2n, 3n),
    distances: new Float32Array(3),
    ranks: Uint32Array.of(1, 1, 2),
  };
  const labels = { codes: Uint8Array.of(1, 0, 1), named: 2, chosen: null as number | null };
  const content = { points, positions: Float32Array.of(10, 10, 30, 30, 50, 50), marks: [], query: null };
  const drawn = (changes: Partial<typeof labels>, emphasised: number | null = null) => {
    const recording = new RecordingContext();
    const scene = { ...content, selected: null, emphasised, labels: { ...labels, ...changes } };
    const viewport = { size: { width: 80, height: 80, ratio: 1 }, zoom: UNZOOMED };
    paintPoints(recording.context, scene, light, viewport, { get: () => null });
    return (place: number, strength = 1) => {
      const colour = css(mix(rgbOf(light.background), labelColour(light, place, 2), strength));
      return recording.in(colour, { kind: "fill" }).length;
    };
  };

  it("have the colours of their labels", () => {
    const fills = drawn({});
    expect([fills(0), fills(1)]).toEqual([1, 2]);
  });

  it("stand back where another label is chosen, or another cluster pointed at", () => {
    const byLabel = drawn({ chosen: 0 });
    expect([byLabel(0), byLabel(1), byLabel(1, 0.28)]).toEqual([1, 0, 2]);
    const byBoth = drawn({ chosen: 1 }, 2);
    expect([byBoth(1), byBoth(1, 0.28), byBoth(0, 0.28)]).toEqual([1, 1, 1]);
  });

  it("share a colour for all other labels, and a paler one where no label is known", () => {
    const { colourOf } = pointColours({ points, emphasised: null, labels }, light);
    const pale = mix(rgbOf(light.background), light.labels[8], 0.5);
    expect([2, 3, 4].map(colourOf)).toEqual([light.labels[8], pale, pale]);
  });
});

describe("a text in little room", () => {
  // Seven pixels a character.
  const { context } = new RecordingContext();

  it.each([
    ["short", 70, 3, ["short"]],
    ["Tally elements from", 70, 3, ["Tally", "elements", "from"]],
    ["Tally elements from the iterable", 70, 2, ["Tally", "elements…"]],
    ["Tally elements from the iterable", 126, 2, ["Tally elements", "from the iterable"]],
    ["incomprehensibilities", 70, 3, ["incompreh…"]],
    ["a/long/path/of/a/file.png", 70, 3, ["a/long/", "path/of/a/", "file.png"]],
    ["👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 80, 1, ["👨‍👩‍👧…"]],
    ["", 70, 3, []],
  ])("%j is broken between words, and cut with an ellipsis", (text, width, most, lines) => {
    expect(wrapped(context, text, width, most)).toEqual(lines);
  });
});
