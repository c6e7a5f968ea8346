/**
 * Figures, days and times as people write them, each language in its own way, by what the platform knows of it. Files for
 * tools have the bare values instead. Pure.
 * Invariant: the same value has the same text in a report, for as long as the platform's knowledge of languages and time
 * zones is the same.
 */
import type * as z from "zod";
import type { Language, unitSchema } from "../agreements/agreement-event.ts";
import type { Period } from "./period.ts";
import { LOCALES, messageFormat } from "./texts.ts";
import { amountTexts } from "./texts-amounts.ts";

type Unit = z.infer<typeof unitSchema>;

const MINUTES_OF_HOUR = 60;

/** Set between parts of a range and not in every font. */
const THIN_SPACE = /[\u2009\u202F]/g;

export type Formats = {
  readonly integer: (value: number) => string;
  /** A quantity with its unit; minutes in hours and minutes. A negative one is a reversal's. */
  readonly amount: (unit: Unit, quantity: number) => string;
  /**
   * With at most one decimal, cut and not rounded: only what is used up is told as 100 %.
   * `null`: there is no share of nothing.
   */
  readonly percent: (part: number, whole: number) => string | null;
  /** Date and time in the zone of the formats, with the zone's name: it says which of two equal hours is meant. */
  readonly instant: (instant: string) => string;
  /** @param day `2026-11-01` */
  readonly day: (day: string) => string;
  /** From the first to the last day, inclusive. */
  readonly days: (firstDay: string, lastDay: string) => string;
  /** The same of a half-open period, in words: its days are days in UTC. */
  readonly period: (period: Period) => string;
};

/** What is no instant or day stays as it is: a report does not fail for a text that a producer once sent. */
export function formatsOf(language: Language, timeZone: string): Formats {
  const locale = LOCALES[language];
  // Zero has no sign, also what is cut to zero.
  const integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: "negative" });
  const percents = new Intl.NumberFormat(locale, {
    style: "percent",
    signDisplay: "negative",
    maximumFractionDigits: 1,
    roundingMode: "trunc",
  });
  const dateParts = { day: "numeric", month: "short", year: "numeric" } as const;
  const instants = new Intl.DateTimeFormat(locale, {
    ...dateParts,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
    timeZoneName: "short",
  });
  // A calendar day is the same everywhere: it is told as its midnight in UTC.
  const dayFormat = new Intl.DateTimeFormat(locale, { ...dateParts, timeZone: "UTC" });
  const longDays = new Intl.DateTimeFormat(locale, { ...dateParts, month: "long", timeZone: "UTC" });
  return {
    integer: (value) => integers.format(value),
    amount: amountFormat(language),
    percent: (part, whole) => (whole === 0 ? null : percents.format(part / whole)),
    instant: (instant) => told(instants, instant),
    day: (day) => told(dayFormat, day),
    days: (firstDay, lastDay) => rangeOf(dayFormat, Date.parse(firstDay), Date.parse(lastDay)),
    period: ({ from, to }) => rangeOf(longDays, Date.parse(from), Date.parse(to) - 1),
  };
}

function amountFormat(language: Language): (unit: Unit, quantity: number) => string {
  const formats = {
    minutes: messageFormat(amountTexts.minutes[language], language),
    credits: messageFormat(amountTexts.credits[language], language),
    activities: messageFormat(amountTexts.activities[language], language),
    contacts: messageFormat(amountTexts.contacts[language], language),
    executions: messageFormat(amountTexts.executions[language], language),
  } satisfies Readonly<Record<Unit, unknown>>;
  return (unit, signed) => {
    // Zero has no sign.
    const quantity = signed + 0;
    const values = unit === "minutes" ? hoursAndMinutes(quantity) : { quantity };
    return String(formats[unit].format(values));
  };
}

function hoursAndMinutes(quantity: number): { readonly hours: number; readonly minutes: number } {
  const hours = Math.trunc(quantity / MINUTES_OF_HOUR);
  const minutes = quantity % MINUTES_OF_HOUR;
  // Of two parts only the first has a sign.
  return hours === 0 ? { hours: 0, minutes } : { hours, minutes: Math.abs(minutes) };
}

function told(format: Intl.DateTimeFormat, text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : format.format(time);
}

const rangeOf = (format: Intl.DateTimeFormat, first: number, last: number): string =>
  format.formatRange(first, last).replaceAll(THIN_SPACE, " ");
