/**
 * An amount with its unit, as people say it, in every number that a language has; see `texts.ts`. Minutes are told in hours
 * and minutes, which have one sign: `hours` is signed, and `minutes` where there are no hours.
 */
import type * as z from "zod";
import type { unitSchema } from "../agreements/agreement-event.ts";
import type { Text } from "./texts.ts";

/** No line ends between a number and the sign of its unit. */
const SPACE = "\u00A0";

const duration = (hour: string, minute: string): string => {
  const hours = `{hours, number}${SPACE}${hour}`;
  const minutes = `{minutes, number}${SPACE}${minute}`;
  return `{hours, plural, =0 {${minutes}} other {{minutes, plural, =0 {${hours}} other {${hours} ${minutes}}}}}`;
};

export const amountTexts = {
  minutes: {
    en: duration("h", "min"),
    es: duration("h", "min"),
    pl: duration("godz.", "min"),
    it: duration("h", "min"),
  },
  credits: {
    en: "{quantity, plural, one {# credit} other {# credits}}",
    es: "{quantity, plural, one {# crédito} many {# de créditos} other {# créditos}}",
    pl: "{quantity, plural, one {# kredyt} few {# kredyty} many {# kredytów} other {# kredytu}}",
    it: "{quantity, plural, one {# credito} many {# di crediti} other {# crediti}}",
  },
  activities: {
    en: "{quantity, plural, one {# activity} other {# activities}}",
    es: "{quantity, plural, one {# actividad} many {# de actividades} other {# actividades}}",
    pl: "{quantity, plural, one {# działanie} few {# działania} many {# działań} other {# działania}}",
    it: "{quantity, plural, one {# attività} many {# di attività} other {# attività}}",
  },
  contacts: {
    en: "{quantity, plural, one {# contact} other {# contacts}}",
    es: "{quantity, plural, one {# contacto} many {# de contactos} other {# contactos}}",
    pl: "{quantity, plural, one {# kontakt} few {# kontakty} many {# kontaktów} other {# kontaktu}}",
    it: "{quantity, plural, one {# contatto} many {# di contatti} other {# contatti}}",
  },
  executions: {
    en: "{quantity, plural, one {# execution} other {# executions}}",
    es: "{quantity, plural, one {# ejecución} many {# de ejecuciones} other {# ejecuciones}}",
    pl: "{quantity, plural, one {# wykonanie} few {# wykonania} many {# wykonań} other {# wykonania}}",
    it: "{quantity, plural, one {# esecuzione} many {# di esecuzioni} other {# esecuzioni}}",
  },
} as const satisfies Readonly<Record<z.infer<typeof unitSchema>, Text>>;
