import { describe, expect, it } from "vitest";
import { answerOf, explorationOf } from "./support";

/** A page whose searches are answered one after the other. */
function visiting() {
  const { exploration, transport, settings, summary } = explorationOf();
  let serial = 0;
  /** Answer the latest search. */
  const answer = (changes: Parameters<typeof answerOf>[1] = {}) => {
    const { request, query, nprobe, k } = transport.last("search");
    const id = "id" in query ? BigInt(query.id) : null;
    const messages = answerOf(summary, { request, serial: ++serial, id, nprobe, k, ...changes });
    transport.say(...messages);
  };
  const search = (id: string) => {
    exploration.ask({ id, cluster: null });
    answer();
  };
  const { history } = exploration;
  const shown = () => ({
    id: exploration.search.value?.id?.toString() ?? null,
    nprobe: settings.nprobe.value,
    k: settings.k.value,
    back: history.canGoBack.value,
    forward: history.canGoForward.value,
  });
  return { exploration, history, transport, settings, answer, search, shown };
}

describe("the history of queries", () => {
  it("leads nowhere before the second query", () => {
    const { history, transport, search, shown } = visiting();
    expect(shown()).toMatchObject({ back: false, forward: false });
    search("5");
    expect(shown()).toMatchObject({ id: "5", back: false, forward: false });
    const asked = transport.all("search").length;
    history.go(-1);
    history.go(1);
    expect(transport.all("search")).toHaveLength(asked);
  });

  it("goes back and forward with the nprobe and k that each query was left with", () => {
    const { history, transport, settings, answer, search, shown } = visiting();
    search("5");
    settings.nprobe.value = 3;
    settings.k.value = 7;
    search("6");
    expect(shown()).toEqual({ id: "6", nprobe: 3, k: 7, back: true, forward: false });
    settings.nprobe.value = 1;
    settings.k.value = 2;
    history.go(-1);
    expect(transport.last("search")).toMatchObject({ query: { id: "5", cluster: null }, nprobe: 3, k: 7 });
    answer();
    expect(shown()).toEqual({ id: "5", nprobe: 3, k: 7, back: false, forward: true });
    settings.nprobe.value = 4;
    history.go(1);
    expect(transport.last("search")).toMatchObject({ query: { id: "6", cluster: null }, nprobe: 1, k: 2 });
    answer();
    expect(shown()).toEqual({ id: "6", nprobe: 1, k: 2, back: true, forward: false });
    history.go(-1);
    answer();
    expect(shown()).toMatchObject({ id: "5", nprobe: 4, k: 7 });
  });

  it("keeps what is changed while the query before is on its way", () => {
    const { history, settings, answer, search, shown } = visiting();
    search("5");
    search("6");
    history.go(-1);
    settings.nprobe.value = 4;
    answer();
    history.go(1);
    answer();
    expect(shown()).toMatchObject({ id: "6", nprobe: 1 });
    history.go(-1);
    answer();
    expect(shown()).toMatchObject({ id: "5", nprobe: 4 });
  });

  it("ends with a query that is asked for anew, and forgets those that were ahead", () => {
    const { history, answer, search, shown } = visiting();
    for (const id of ["5", "6", "7"]) search(id);
    history.go(-1);
    answer();
    history.go(-1);
    answer();
    expect(shown()).toMatchObject({ id: "5", back: false, forward: true });
    search("8");
    expect(shown()).toMatchObject({ id: "8", back: true, forward: false });
    history.go(-1);
    answer();
    expect(shown()).toMatchObject({ id: "5", back: false, forward: true });
  });

  it("has one place for a query that is searched for twice in a row", () => {
    const { exploration, answer, search, shown } = visiting();
    search("5");
    search("5");
    expect(shown()).toMatchObject({ back: false });
    exploration.ask({ resume: true });
    answer({ id: 5n });
    expect(shown()).toMatchObject({ back: false });
  });

  it("searches for the vector itself where the query was one", () => {
    const { history, exploration, transport, answer, search, shown } = visiting();
    const vector = Float32Array.of(0.25);
    exploration.ask(vector);
    answer({ vector });
    exploration.ask(Float32Array.of(0.5));
    answer({ vector: Float32Array.of(0.5) });
    search("6");
    history.go(-1);
    answer({ vector: Float32Array.of(0.5) });
    expect(shown()).toMatchObject({ id: null, back: true, forward: true });
    history.go(-1);
    expect(transport.last("search").query).toEqual({ vector: true });
    answer({ vector });
    expect(shown()).toMatchObject({ id: null, back: false, forward: true });
    history.go(1);
    answer({ vector: Float32Array.of(0.5) });
    history.go(1);
    answer();
    expect(shown()).toMatchObject({ id: "6", back: true, forward: false });
  });

  it("goes two queries back where it is asked to twice before the first has come", () => {
    const { history, transport, answer, search, shown } = visiting();
    for (const id of ["5", "6", "7"]) search(id);
    history.go(-1);
    history.go(-1);
    expect(transport.last("search").query).toEqual({ id: "5", cluster: null });
    answer();
    expect(shown()).toMatchObject({ id: "5", back: false, forward: true });
    history.go(1);
    answer();
    expect(shown()).toMatchObject({ id: "6", back: true, forward: true });
  });

  it("keeps the queries ahead where the first of two still comes", () => {
    const { history, transport, answer, search, shown } = visiting();
    for (const id of ["5", "6", "7"]) search(id);
    history.go(-1);
    const { request } = transport.last("search");
    history.go(-1);
    answer({ request, id: 6n });
    expect(shown()).toMatchObject({ id: "6", back: true, forward: true });
    answer();
    expect(shown()).toMatchObject({ id: "5", back: false, forward: true });
    history.go(1);
    answer();
    history.go(1);
    answer();
    expect(shown()).toMatchObject({ id: "7", back: true, forward: false });
  });

  it("stays where it is, with nprobe and k, where the search fails on the way", () => {
    const { history, exploration, transport, settings, answer, search, shown } = visiting();
    search("5");
    settings.nprobe.value = 3;
    search("6");
    settings.nprobe.value = 2;
    history.go(-1);
    expect(settings.nprobe.value).toBe(3);
    const { request } = transport.last("search");
    transport.say({ kind: "error", request, code: "invalid", message: "row 5 is gone" });
    expect(exploration.failure.value).toBe("row 5 is gone");
    expect(shown()).toEqual({ id: "6", nprobe: 2, k: 3, back: true, forward: false });
    // What changes from here on is of the query on screen.
    settings.nprobe.value = 4;
    search("7");
    history.go(-1);
    answer();
    expect(shown()).toMatchObject({ id: "6", nprobe: 4, back: true, forward: true });
  });

  it("keeps the last hundred", () => {
    const { history, answer, search, shown } = visiting();
    for (let id = 0; id < 103; id++) search(String(id));
    for (let steps = 0; steps < 99; steps++) {
      history.go(-1);
      answer();
    }
    expect(shown()).toMatchObject({ id: "3", back: false, forward: true });
  });
});
