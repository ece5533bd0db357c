import { describe, expect, it } from "vitest";
import {
  count,
  distance,
  distanceRange,
  distancesFormat,
  ordinal,
  percent,
  plural,
  recallNumber,
} from "../src/model/format";

describe("numbers as people read them", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [1234567, "1,234,567"],
  ])("the count %d is %s", (value, text) => expect(count(value)).toBe(text));

  it.each([
    [0, "0 vectors"],
    [1, "1 vector"],
    [12000, "12,000 vectors"],
  ])("%d of something is %s", (value, text) => expect(plural(value, "vector")).toBe(text));

  it.each([
    [0, "0"],
    [-0, "0"],
    [0.5, "0.5000"],
    [12.345, "12.35"],
    [-12.345, "-12.35"],
    [9999, "9999"],
    [9.99996, "10.00"],
    [123456, "123456"],
    [1e6, "1.00e+6"],
    [0.00012, "0.0001200"],
    [0.00001, "1.00e-5"],
    [3.4e38, "3.40e+38"],
  ])("the distance %d is %s", (value, text) => expect(distance(value)).toBe(text));

  it.each([
    [0, "0 %"],
    [1, "100 %"],
    [0.9996, "99.9 %"],
    [0.999, "99.9 %"],
    [1.0001, "> 100 %"],
    [0.0625, "6.3 %"],
    [0.123, "12.3 %"],
    [0.005, "0.50 %"],
    [0.00001, "< 0.01 %"],
    [1.25, "125 %"],
  ])("the share %d is %s", (value, text) => expect(percent(value)).toBe(text.replaceAll(" ", "\u00a0")));

  it.each([
    [0, "0.00"],
    [0.0002, "<0.001"],
    [0.004, "0.004"],
    [0.005, "0.01"],
    [0.125, "0.13"],
    [0.994, "0.99"],
    [0.9963, "0.996"],
    [0.9992, "0.999"],
    [0.99999, "0.999"],
    [Math.fround(0.996), "0.996"],
    [Math.fround(0.997), "0.997"],
    [1, "1.00"],
  ])("the recall %d is %s", (value, text) => expect(recallNumber(value)).toBe(text));

  it.each([
    [1, "1st"],
    [2, "2nd"],
    [3, "3rd"],
    [4, "4th"],
    [11, "11th"],
    [12, "12th"],
    [13, "13th"],
    [21, "21st"],
    [102, "102nd"],
    [111, "111th"],
    [1013, "1,013th"],
    [1023, "1,023rd"],
  ])("place %d is %s", (value, text) => expect(ordinal(value)).toBe(text));
});

describe("the two ends of a scale", () => {
  it("have four digits, or as many as tell them apart", () => {
    expect(distanceRange(1.25, 30)).toEqual(["1.250", "30.00"]);
    expect(distanceRange(5.65801, 5.65823)).toEqual(["5.6580", "5.6582"]);
    expect(distanceRange(5.658001, 5.658003)).toEqual(["5.658001", "5.658003"]);
    expect(distanceRange(2, 2)).toEqual(["2.000", "2.000"]);
  });
});

describe("distances of one list", () => {
  it("are each in three digits where these tell them apart", () => {
    const format = distancesFormat([2.2013, 2.4981, 3.5]);
    expect([2.2013, 2.4981, 3.5].map(format)).toEqual(["2.20", "2.50", "3.50"]);
  });

  it("are told apart by what they have more than the first where all are far", () => {
    const values = [11_000_250, 11_000_375, 11_001_250];
    expect(values.map(distancesFormat(values))).toEqual(["1.1e+7", "+125", "+1000"]);
    const similarities = [5_000_000, 4_999_900];
    expect(similarities.map(distancesFormat(similarities))).toEqual(["5.0e+6", "−100"]);
  });

  it("may be none, one, or all the same", () => {
    expect([].map(distancesFormat([]))).toEqual([]);
    expect([0].map(distancesFormat([0]))).toEqual(["0"]);
    expect([7, 7].map(distancesFormat([7, 7]))).toEqual(["7.00", "7.00"]);
  });
});
