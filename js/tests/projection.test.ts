import { describe, expect, it } from "vitest";
import type { Result } from "../src/model/results";
import { decode } from "../src/protocol/decode";
import type { Message, Projection } from "../src/protocol/messages";
import type { Projected } from "../src/state/projections";
import { MOST_PICTURES } from "../src/views/points/marks";
import { fitted, isOnePlace } from "../src/views/projection/fit";
import { between, type PlacedPicture, startOf } from "../src/views/projection/motion";
import { explanation, statement } from "../src/views/projection/notes";
import { marksBetween, marksOf } from "../src/views/projection/pictures";
import { foundIn, shownPoints } from "../src/views/projection/scene";
import { encoded } from "./encode";
import { answerOf, explorationOf, mapOf, missedOf } from "./support";

function partOf(changes: Partial<Projection> = {}): Projection {
  const { offset = 0, ids = BigInt64Array.of(5n, 6n, 7n) } = changes;
  const n = ids.length;
  return {
    kind: "projection",
    request: "p",
    serial: 1,
    ranks: 2,
    flips: [],
    method: "PCA",
    final: false,
    sampled: false,
    total: 3,
    drawn_in: 0,
    rows: offset + n,
    offset,
    ids,
    rank_of: new Int32Array(n).fill(1),
    distances: new Float32Array(n),
    positions: Float32Array.from({ length: 2 * n }, (_, i) => i / (2 * n)),
    query: Float32Array.of(0.5, 0.5),
    ...changes,
  };
}

function pictureOf(
  ids: readonly bigint[],
  positions: readonly number[],
  changes: Partial<Projected> = {},
): Projected {
  return {
    serial: 1,
    ranks: 1,
    method: "PCA",
    final: true,
    sampled: false,
    total: ids.length,
    drawnIn: 0,
    ids: BigInt64Array.from(ids),
    distances: new Float32Array(ids.length),
    rankOf: new Uint32Array(ids.length).fill(1),
    starts: Uint32Array.of(0, ids.length),
    positions: Float32Array.from(positions),
    query: Float32Array.of(0.5, 0.5),
    ...changes,
  };
}

function sceneOf(picture: Projected, positions: readonly number[]): PlacedPicture {
  return { picture, positions: Float32Array.from(positions), query: { x: 0, y: 0 }, share: 1 };
}

describe("a projection on the wire", () => {
  const content = {
    kind: "projection",
    request: "p",
    serial: 4,
    ranks: 3,
    flips: [],
    method: "t-SNE",
    final: true,
    sampled: true,
    total: 9,
    drawn_in: 1,
    rows: 5,
    offset: 3,
  };
  const arrays = {
    ids: BigInt64Array.of(2n ** 62n, -1n),
    rank_of: Int32Array.of(1, 3),
    distances: Float32Array.of(0.5, 2),
    positions: Float32Array.of(0, 0.25, 1, 0.75),
    query: Float32Array.of(0.5, 0.125),
  };

  it("is read with ids beyond what a float can hold", () => {
    const message = decode(...encoded({ ...content, ...arrays })) as Projection;
    expect(message).toMatchObject({ serial: 4, ranks: 3, drawn_in: 1, rows: 5, offset: 3, total: 9 });
    expect([...message.ids]).toEqual([2n ** 62n, -1n]);
    expect([...message.rank_of]).toEqual([1, 3]);
    expect([...message.positions]).toEqual([0, 0.25, 1, 0.75]);
    expect([...message.query]).toEqual([0.5, 0.125]);
  });

  it.each([
    ["rows do not fit", { rows: 4 }],
    ["a position is missing", { positions: Float32Array.of(0, 1) }],
    ["a rank is missing", { rank_of: Int32Array.of(1) }],
    ["the query has one coordinate", { query: Float32Array.of(0) }],
  ])("is refused when %s", (_, changes) => {
    expect(() => decode(...encoded({ ...content, ...arrays, ...changes }))).toThrow();
  });
});

describe("the projections of an exploration", () => {
  function searched() {
    const found = explorationOf();
    for (const message of answerOf(found.summary)) found.transport.say(message);
    found.settings.nprobe.value = 2;
    return { ...found, projections: found.exploration.projections };
  }

  it("are asked for once per search and nprobe", () => {
    const { projections, transport, settings } = searched();
    projections.need();
    projections.need();
    expect(transport.all("projection")).toMatchObject([{ serial: 1, ranks: 2, k: 3 }]);
    expect(projections.awaited.value).toBe("first");
    settings.nprobe.value = 3;
    projections.need();
    expect(transport.all("projection")).toHaveLength(2);
  });

  it("come with the true neighbours that are no candidates, whatever k", () => {
    const { projections, transport, settings } = searched();
    settings.nprobe.value = 1;
    projections.need();
    const asked = transport.last("projection");
    expect(asked.extra).toEqual(["3", "4", "5", "6", "7", "8", "9", "10", "11"]);
    expect(asked.extra_clusters).toEqual([1, 1, 1, 1, 3, 3, 3, 3, 3]);
  });

  it("are of the clusters as they are switched", () => {
    const { projections, transport, exploration } = searched();
    projections.need();
    exploration.toggleProbed(3);
    exploration.toggleProbed(0);
    projections.need();
    expect(transport.last("projection")).toMatchObject({ ranks: 2, flips: [4, 1] });
    transport.say(partOf());
    expect(projections.drawn.value).toBeNull();
    transport.say(partOf({ flips: [4, 1] }));
    expect(projections.drawn.value?.ids).toHaveLength(3);
  });

  it("are not asked for without a search", () => {
    const { exploration, transport } = explorationOf();
    exploration.projections.need();
    expect(transport.all("projection")).toHaveLength(0);
  });

  it("are drawn when all parts are here, and then made better", () => {
    const { projections, transport } = searched();
    projections.need();
    transport.say(partOf({ rows: 4, rank_of: Int32Array.of(1, 1, 2) }));
    expect(projections.drawn.value).toBeNull();
    transport.say(partOf({ rows: 4, offset: 3, ids: BigInt64Array.of(9n), rank_of: Int32Array.of(2) }));
    expect([...(projections.drawn.value?.ids ?? [])]).toEqual([5n, 6n, 7n, 9n]);
    expect([...(projections.drawn.value?.starts ?? [])]).toEqual([0, 2, 4]);
    expect(projections.awaited.value).toBe("better");
    transport.say(partOf({ method: "t-SNE", final: true }));
    expect(projections.drawn.value).toMatchObject({ method: "t-SNE", final: true });
    expect(projections.awaited.value).toBeNull();
  });

  it("of another search, another nprobe or out of order are left alone", () => {
    const { projections, transport } = searched();
    projections.need();
    transport.say(
      partOf({ serial: 7 }),
      partOf({ ranks: 1 }),
      partOf({ offset: 2, ids: BigInt64Array.of(1n) }),
    );
    expect(projections.drawn.value).toBeNull();
  });

  it("are asked for again once a kernel that has gone is back, shown or not", () => {
    const { projections, transport } = searched();
    projections.need();
    transport.lose();
    expect(projections.awaited.value).toBeNull();
    transport.say(mapOf([3, 4, 0, 5]));
    projections.need();
    expect(transport.all("projection")).toHaveLength(2);
  });

  it("that another display has asked for are as good", () => {
    const { projections, transport } = searched();
    projections.need();
    transport.say(partOf({ request: "another page" }));
    expect(projections.drawn.value?.ids).toHaveLength(3);
  });

  it("that fail say why; what is drawn stays and the search is not at fault", () => {
    const { projections, transport, exploration } = searched();
    projections.need();
    transport.say(partOf());
    const { request } = transport.last("projection");
    const failure: Message = { kind: "error", request, code: "invalid", message: "custom: f raised" };
    transport.say(failure);
    expect(projections.reason.value).toBe("custom: f raised");
    expect(projections.drawn.value?.method).toBe("PCA");
    expect(projections.awaited.value).toBeNull();
    expect(exploration.failure.value).toBeNull();
  });
});

describe("the points while the player steps", () => {
  function shownAt(step: number | null): bigint[] {
    const { exploration, transport, summary, settings } = explorationOf([2, 1, 2, 2]);
    for (const message of answerOf(summary)) transport.say(message);
    settings.nprobe.value = 3;
    settings.k.value = 6;
    if (step !== null) exploration.player.seek(step);
    const picture = pictureOf([0n, 1n, 2n, 3n, 4n, 5n], [], {
      ranks: 3,
      rankOf: Uint32Array.of(1, 1, 2, 3, 3, 4),
      starts: Uint32Array.of(0, 2, 3, 5, 6),
    });
    const { probe, missed } = exploration;
    const { isShown, candidates } = shownPoints(picture, (rank) => probe.value.has(rank), missed.value);
    const shown = [...picture.ids].filter((_, i) => isShown[i] === 1);
    expect(candidates).toBe(shown.filter((id) => id < 5n).length);
    return shown;
  }

  it("are the vectors compared so far", () => {
    expect(shownAt(0)).toEqual([]);
    expect(shownAt(1)).toEqual([]);
    expect(shownAt(2)).toEqual([0n, 1n]);
    expect(shownAt(3)).toEqual([0n, 1n, 2n]);
  });

  it("are all candidates and the missed neighbours in the end", () => {
    expect(shownAt(null)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
  });
});

describe("a picture in the canvas", () => {
  const wide = pictureOf([1n, 2n, 3n], [0, 0.4, 1, 0.6, 0.5, 0.5]);

  it("has one scale for both axes and lies inside, query and all", () => {
    const { positions, query } = fitted(
      { ...wide, query: Float32Array.of(0.2, 0.9) },
      { width: 900, height: 500 },
    );
    const scale = positions[2] - positions[0];
    expect(positions[3] - positions[1]).toBeCloseTo(0.2 * scale, 3);
    expect(query.x - positions[0]).toBeCloseTo(0.2 * scale, 3);
    for (const [i, value] of [...positions, query.x, query.y].entries()) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(i % 2 === 0 ? 900 : 500);
    }
  });

  it.each([
    [300, 200],
    [40, 30],
    [1, 1],
  ])("fits a window of %i x %i", (width, height) => {
    for (const value of fitted(wide, { width, height }).positions) expect(Number.isFinite(value)).toBe(true);
  });

  it("of equal vectors is in the middle, and known as one place", () => {
    const picture = pictureOf([1n, 2n], [0.5, 0.5, 0.5, 0.5]);
    expect(isOnePlace(picture)).toBe(true);
    expect(isOnePlace(wide)).toBe(false);
    expect(fitted(picture, { width: 400, height: 300 }).positions[0]).toBeCloseTo(186);
  });
});

describe("points that move to a better picture", () => {
  const from = sceneOf(pictureOf([1n, 2n, 3n], []), [10, 10, 20, 20, 30, 30]);
  const to = sceneOf(pictureOf([3n, 4n, 1n], []), [100, 0, 200, 0, 300, 0]);

  it("begin where they were; new ones are where they will be", () => {
    expect([...(startOf(from, to) ?? [])]).toEqual([30, 30, 200, 0, 10, 10]);
  });

  it("begin where they were when rows share an id, each at its own place", () => {
    const ids = [7n, 7n, 7n];
    const before = pictureOf(ids, [], { rankOf: Uint32Array.of(1, 1, 2) });
    const after = pictureOf([7n, 7n, 7n, 8n], [], { rankOf: Uint32Array.of(1, 1, 2, 2) });
    const places = [1, 1, 2, 2, 3, 3];
    const start = startOf(sceneOf(before, places), sceneOf(after, [9, 9, 9, 9, 9, 9, 9, 9]));
    expect([...(start ?? [])]).toEqual([...places, 9, 9]);
  });

  it("do not move when none was there", () => {
    expect(startOf(from, sceneOf(pictureOf([8n], []), [1, 1]))).toBeNull();
  });

  it("get there in time, on the straight way", () => {
    const start = startOf(from, to) as Float32Array;
    expect([...between(start, from, to, 0).positions]).toEqual([...start]);
    expect([...between(start, from, to, 1).positions]).toEqual([...to.positions]);
    const half = between(start, from, to, 0.5);
    expect(half.share).toBeGreaterThan(0.5);
    expect(half.positions[0]).toBeCloseTo(30 + 70 * half.share, 3);
    expect(half.positions[1]).toBeCloseTo(30 - 30 * half.share, 3);
  });
});

describe("results in the picture", () => {
  const size = { width: 600, height: 400 };
  const resultOf = (id: bigint, clusterRank = 1): Result => ({ id, clusterRank, cluster: 0, distance: 0 });

  it("are found in their cluster; those that the sample lacks are left out", () => {
    const picture = pictureOf([1n, 2n, 1n], [], { ranks: 2, starts: Uint32Array.of(0, 2, 3) });
    const missed = [missedOf({ ...resultOf(1n), place: 7 })];
    expect(foundIn([resultOf(1n, 2), resultOf(9n), resultOf(2n), resultOf(1n, 3)], missed, picture)).toEqual([
      { point: 2, place: 1, isMissed: false, isOfAll: false },
      { point: 1, place: 3, isMissed: false, isOfAll: false },
      { point: 0, place: 7, isMissed: true, isOfAll: true },
    ]);
  });

  it("of rows that share an id are each found", () => {
    const picture = pictureOf([4n, 1n, 4n, 4n], [], { ranks: 1, starts: Uint32Array.of(0, 4) });
    const found = foundIn([resultOf(4n), resultOf(4n)], [missedOf({ ...resultOf(4n), place: 3 })], picture);
    expect(found.map(({ point, place, isMissed }) => [point, place, isMissed])).toEqual([
      [0, 1, false],
      [2, 2, false],
      [3, 3, true],
    ]);
  });

  it.each([1, 9, 20, MOST_PICTURES])(
    "at one place: %i pictures do not cover each other or the query",
    (n) => {
      const found = Array.from({ length: n }, (_, i) => ({ point: i, place: i + 1, isMissed: false }));
      const scene = { positions: new Float32Array(2 * n).fill(200), query: { x: 200, y: 200 } };
      const marks = marksOf(found, scene, size);
      const boxes = marks.map(({ dx, dy, side }) => ({ x: 200 + dx, y: 200 + dy, side }));
      boxes.forEach((a, i) => {
        expect(a.x - a.side / 2).toBeGreaterThan(0);
        expect(a.y + a.side / 2).toBeLessThan(400);
        for (const b of [...boxes.slice(0, i), { x: 200, y: 200, side: 16 }]) {
          const apart = Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y));
          expect(apart).toBeGreaterThanOrEqual((a.side + b.side) / 2);
        }
      });
    },
  );

  it("stay at their points where there is room", () => {
    const found = [
      { point: 0, place: 1, isMissed: false, isOfAll: false },
      { point: 1, place: 2, isMissed: true, isOfAll: true },
    ];
    const scene = { positions: Float32Array.of(100, 100, 300, 300), query: { x: 500, y: 50 } };
    for (const { dx, dy } of marksOf(found, scene, size)) expect([dx, dy]).toEqual([0, 0]);
  });

  it("go back to their points when the picture is zoomed", () => {
    const found = Array.from({ length: 6 }, (_, i) => ({ point: i, place: i + 1, isMissed: false }));
    const positions = Float32Array.from({ length: 12 }, (_, i) => 150 + 2 * i);
    const scene = { positions, query: { x: 500, y: 50 } };
    expect(marksOf(found, scene, size).some(({ dx }) => dx !== 0)).toBe(true);
    expect(marksOf(found, scene, size, 40).every(({ dx, dy }) => dx === 0 && dy === 0)).toBe(true);
  });

  it("are rings when there are many", () => {
    const n = MOST_PICTURES + 1;
    const found = Array.from({ length: n }, (_, i) => ({ point: i, place: i + 1, isMissed: false }));
    const scene = { positions: new Float32Array(2 * n), query: { x: 0, y: 0 } };
    expect(marksOf(found, scene, size).every(({ side }) => side === 0)).toBe(true);
  });

  it("move with their points", () => {
    const mark = { point: 0, place: 1, isMissed: false, side: 40, dx: 10, dy: 0 };
    const before = new Map([["1/7", { ...mark, dx: 0, dy: 20 }]]);
    expect(marksBetween(before, [mark], ["1/7"], 0.25)).toEqual([{ ...mark, dx: 2.5, dy: 15 }]);
  });
});

describe("what is said of the picture", () => {
  const drawn = pictureOf([1n, 2n], [0, 0, 1, 1]);
  const state = { drawn, awaited: null, nprobe: 1, probed: 1, status: "done" } as const;

  it("names the method, the sample and what is to come", () => {
    expect(statement({ ...state, awaited: "better" })).toBe("PCA · refining…");
    expect(statement({ ...state, drawn: { ...drawn, sampled: true, total: 31_250 } })).toBe(
      "PCA · a sample: 2 of 31,250 candidates",
    );
    expect(statement({ ...state, drawn: { ...drawn, drawnIn: 1 } })).toBe("PCA · 1 far point drawn nearer");
    expect(statement({ ...state, nprobe: 8, awaited: "first" })).toBe("PCA · for nprobe 1; nprobe 8 follows");
    expect(statement({ ...state, nprobe: 8 })).toBe("PCA · for nprobe 1");
  });

  it.each([
    ["Projecting the candidates…", { drawn: null, awaited: "first" }],
    ["No projection: the kernel that computes it is disconnected.", { drawn: null, status: "disconnected" }],
    ["No candidates: the 1 probed cluster is empty.", { drawn: { ...drawn, total: 0 } }],
    ["Only centroids are compared", { probed: 0 }],
    ["There is only one candidate", { drawn: pictureOf([1n], [0.5, 0.5]) }],
    ["All 2 candidates are the same vector", { drawn: pictureOf([1n, 2n], [0.5, 0.5, 0.5, 0.5]) }],
    [
      "All 2 candidates point in the same direction",
      { drawn: pictureOf([1n, 2n], [0.5, 0.5, 0.5, 0.5], { method: "PCA of directions" }) },
    ],
  ] as const)("explains: %s", (text, changes) => {
    expect(explanation({ ...state, ...changes }, null)).toContain(text);
  });

  it("needs no explanation when there is enough to see", () => {
    expect(explanation(state, null)).toBeNull();
    expect(explanation({ ...state, drawn: null }, "out of memory")).toBe("No projection: out of memory");
  });
});
