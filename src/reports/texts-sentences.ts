/**
 * What a printed report says beside its tables; see `texts.ts`. `words` have no arguments; `sentences` are in ICU message
 * format, with the arguments that `SentenceValues` names. Figures and times come as texts, told by `formats.ts`. What a
 * report says of itself is called as in its first section (`fact`).
 */
import type { Text } from "./texts.ts";

export const words = {
  cpodTitle: {
    en: "Customer Proof of Delivery (CPOD)",
    es: "Prueba de entrega al cliente (CPOD)",
    pl: "Potwierdzenie dostarczenia usług klientowi (CPOD)",
    it: "Prova di consegna al cliente (CPOD)",
  },
  educationTitle: {
    en: "On-demand education report",
    es: "Informe de educación a petición",
    pl: "Raport o szkoleniach na żądanie",
    it: "Report sulla formazione su richiesta",
  },
  product: {
    en: "Customer Activity",
    es: "Actividad del cliente",
    pl: "Aktywność klienta",
    it: "Attività cliente",
  },
  agreement: { en: "Agreement", es: "Contrato", pl: "Umowa", it: "Contratto" },
  agreementDays: {
    en: "Term of the agreement",
    es: "Vigencia del contrato",
    pl: "Okres obowiązywania umowy",
    it: "Durata del contratto",
  },
  period: { en: "Period", es: "Periodo", pl: "Okres", it: "Periodo" },
  workspaces: { en: "Workspaces", es: "Áreas de trabajo", pl: "Obszary robocze", it: "Aree di lavoro" },
  /** Instead of a time, where nothing has been delivered yet. */
  noData: {
    en: "no deliveries yet",
    es: "todavía sin entregas",
    pl: "brak dostaw",
    it: "ancora nessuna consegna",
  },

  contents: { en: "Contents", es: "Contenido", pl: "Spis treści", it: "Sommario" },
  summary: { en: "Summary", es: "Resumen", pl: "Podsumowanie", it: "Riepilogo" },
  consumption: { en: "Consumption", es: "Consumo", pl: "Zużycie", it: "Consumo" },
  enterpriseWidePackages: {
    en: "Enterprise-wide packages",
    es: "Paquetes para toda la empresa",
    pl: "Pakiety dla całego przedsiębiorstwa",
    it: "Pacchetti per l’intera azienda",
  },
  addOnPackages: {
    en: "Add-on packages",
    es: "Paquetes complementarios",
    pl: "Pakiety dodatkowe",
    it: "Pacchetti aggiuntivi",
  },
  package: { en: "Package", es: "Paquete", pl: "Pakiet", it: "Pacchetto" },
  /** Instead of a number, where an allowance has none (CA-07). */
  included: { en: "Included", es: "Incluido", pl: "W pakiecie", it: "Incluso" },
  reversal: { en: "Reversal", es: "Anulación", pl: "Anulowanie", it: "Storno" },
  /** At the end of a text that does not fit. */
  cut: { en: "[cut]", es: "[recortado]", pl: "[skrócono]", it: "[troncato]" },
  backToTotals: {
    en: "Back to the totals",
    es: "Volver a los totales",
    pl: "Powrót do sum",
    it: "Torna ai totali",
  },
  backToSummary: {
    en: "Back to the summary",
    es: "Volver al resumen",
    pl: "Powrót do podsumowania",
    it: "Torna al riepilogo",
  },

  noEntitlements: {
    en: "This package has no entitlements with recorded consumption.",
    es: "Este paquete no tiene derechos con consumo registrado.",
    pl: "Ten pakiet nie ma uprawnień z rejestrowanym zużyciem.",
    it: "Questo pacchetto non ha diritti con consumo registrato.",
  },
  noRows: {
    en: "There is nothing to list here.",
    es: "No hay nada que mostrar aquí.",
    pl: "Brak pozycji do wyświetlenia.",
    it: "Non c’è nulla da elencare qui.",
  },
  firstVersion: {
    en: "This is the first version for this period.",
    es: "Esta es la primera versión de este periodo.",
    pl: "To pierwsza wersja za ten okres.",
    it: "Questa è la prima versione per questo periodo.",
  },
  figuresNote: {
    en: "Delivered is what was delivered in the period. Consumed, remaining and overage are as of its end.",
    es: "Lo entregado corresponde al periodo; lo consumido, lo restante y el exceso, al final del periodo.",
    pl: "Dostarczone ilości dotyczą tego okresu; zużycie, pozostałe ilości i przekroczenia to stan na jego koniec.",
    it: "Il consegnato si riferisce al periodo; consumato, rimanente ed eccedenza si riferiscono alla sua fine.",
  },
  reversalsNote: {
    en: "Negative quantities are reversals of earlier deliveries.",
    es: "Las cantidades negativas son anulaciones de entregas anteriores.",
    pl: "Ilości ujemne to anulowania wcześniejszych dostaw.",
    it: "Le quantità negative sono storni di consegne precedenti.",
  },
  additionalCasesNote: {
    en: "Cases that count on none of the entitlements above, with every reason for it.",
    es: "Casos que no cuentan en ninguno de los derechos anteriores, con todos sus motivos.",
    pl: "Sprawy, których nie wliczono do żadnego z powyższych uprawnień, wraz ze wszystkimi powodami.",
    it: "Casi che non rientrano in nessuno dei diritti precedenti, con tutti i motivi.",
  },
  benefitsNote: {
    en: "Benefits are part of the agreement; no consumption is recorded for them.",
    es: "Los beneficios forman parte del contrato; no se registra su consumo.",
    pl: "Świadczenia są częścią umowy; ich zużycie nie jest rejestrowane.",
    it: "I vantaggi fanno parte del contratto; per essi non si registra alcun consumo.",
  },
} as const satisfies Readonly<Record<string, Text>>;
export type WordKey = keyof typeof words;

/** The arguments of each sentence: whole numbers as numbers, all else as text. */
export type SentenceValues = {
  readonly page: { readonly page: number };
  readonly pageOf: { readonly page: number; readonly pages: number };
  readonly version: { readonly version: number };
  readonly footer: { readonly title: string; readonly customerName: string; readonly version: number };
  readonly periodInUtc: { readonly period: string };
  readonly timesNote: { readonly timeZone: string };
  readonly expires: { readonly day: string };
  readonly linesOf: { readonly name: string };
  readonly lines: { readonly rows: number };
  readonly continued: { readonly title: string };
  readonly part: { readonly title: string; readonly part: number };
  readonly consumedOf: { readonly consumed: string; readonly purchased: string };
  readonly consumedIncluded: { readonly consumed: string };
  readonly barOf: {
    readonly name: string;
    readonly consumed: string;
    readonly purchased: string;
    readonly percent: string;
  };
  readonly barIncluded: { readonly name: string; readonly consumed: string };
  readonly remaining: { readonly amount: string };
  readonly overage: { readonly amount: string };
  readonly contactsAllowed: { readonly contacts: number; readonly allowed: number };
  readonly changesSince: { readonly version: number };
  readonly noChangesSince: { readonly version: number };
  readonly changeCounts: { readonly added: number; readonly removed: number; readonly changed: number };
};
export type SentenceKey = keyof SentenceValues;

export const sentences = {
  page: {
    en: "Page {page, number}",
    es: "Página {page, number}",
    pl: "Strona {page, number}",
    it: "Pagina {page, number}",
  },
  pageOf: {
    en: "Page {page, number} of {pages, number}",
    es: "Página {page, number} de {pages, number}",
    pl: "Strona {page, number} z {pages, number}",
    it: "Pagina {page, number} di {pages, number}",
  },
  version: {
    en: "Version {version, number}",
    es: "Versión {version, number}",
    pl: "Wersja {version, number}",
    it: "Versione {version, number}",
  },
  footer: {
    en: "{title} – {customerName} – version {version, number}",
    es: "{title} – {customerName} – versión {version, number}",
    pl: "{title} – {customerName} – wersja {version, number}",
    it: "{title} – {customerName} – versione {version, number}",
  },
  periodInUtc: {
    en: "{period} (whole days in UTC)",
    es: "{period} (días completos en UTC)",
    pl: "{period} (pełne dni w strefie UTC)",
    it: "{period} (giorni interi in UTC)",
  },
  timesNote: {
    en: "Times are in the time zone {timeZone}.",
    es: "Las horas corresponden a la zona horaria {timeZone}.",
    pl: "Godziny podano w strefie czasowej {timeZone}.",
    it: "Gli orari sono riferiti al fuso orario {timeZone}.",
  },
  expires: { en: "Expires on {day}", es: "Expira el {day}", pl: "Wygasa {day}", it: "Scade il {day}" },
  linesOf: {
    en: "Deliveries: {name}",
    es: "Entregas: {name}",
    pl: "Dostawy usług: {name}",
    it: "Consegne: {name}",
  },
  lines: {
    en: "{rows, plural, one {# line} other {# lines}}",
    es: "{rows, plural, one {# línea} many {# de líneas} other {# líneas}}",
    pl: "{rows, plural, one {# wiersz} few {# wiersze} many {# wierszy} other {# wiersza}}",
    it: "{rows, plural, one {# riga} many {# di righe} other {# righe}}",
  },
  continued: {
    en: "{title} (continued)",
    es: "{title} (continuación)",
    pl: "{title} (ciąg dalszy)",
    it: "{title} (continua)",
  },
  part: {
    en: "{title} ({part, number})",
    es: "{title} ({part, number})",
    pl: "{title} ({part, number})",
    it: "{title} ({part, number})",
  },
  consumedOf: {
    en: "{consumed} of {purchased}",
    es: "{consumed} de {purchased}",
    pl: "{consumed} (zakupiono: {purchased})",
    it: "{consumed} su {purchased}",
  },
  consumedIncluded: {
    en: "{consumed}, included",
    es: "{consumed}, incluido",
    pl: "{consumed}, w pakiecie",
    it: "{consumed}, incluso",
  },
  barOf: {
    en: "Consumption of “{name}”: {percent} ({consumed} of {purchased}).",
    es: "Consumo de «{name}»: {percent} ({consumed} de {purchased}).",
    pl: "Zużycie „{name}”: {percent} ({consumed}, zakupiono: {purchased}).",
    it: "Consumo di «{name}»: {percent} ({consumed} su {purchased}).",
  },
  barIncluded: {
    en: "Consumption of “{name}”: {consumed}, included without a limit.",
    es: "Consumo de «{name}»: {consumed}, incluido sin límite.",
    pl: "Zużycie „{name}”: {consumed}, w pakiecie bez limitu.",
    it: "Consumo di «{name}»: {consumed}, incluso senza limiti.",
  },
  remaining: {
    en: "Remaining: {amount}",
    es: "Restante: {amount}",
    pl: "Pozostało: {amount}",
    it: "Rimanente: {amount}",
  },
  overage: {
    en: "Overage: {amount}",
    es: "Exceso: {amount}",
    pl: "Przekroczenie: {amount}",
    it: "Eccedenza: {amount}",
  },
  contactsAllowed: {
    en: "{contacts, number} of {allowed, number} allowed",
    es: "{contacts, number} de {allowed, number} permitidos",
    pl: "{contacts, number} z {allowed, number} dozwolonych",
    it: "{contacts, number} su {allowed, number} consentiti",
  },
  changesSince: {
    en: "Changes since version {version, number}",
    es: "Cambios desde la versión {version, number}",
    pl: "Zmiany od wersji {version, number}",
    it: "Modifiche dalla versione {version, number}",
  },
  noChangesSince: {
    en: "No line has changed since version {version, number}.",
    es: "Ninguna línea ha cambiado desde la versión {version, number}.",
    pl: "Od wersji {version, number} nie zmienił się żaden wiersz.",
    it: "Nessuna riga è cambiata dalla versione {version, number}.",
  },
  changeCounts: {
    en: "Lines added: {added, number}; removed: {removed, number}; changed: {changed, number}.",
    es: "Líneas añadidas: {added, number}; eliminadas: {removed, number}; modificadas: {changed, number}.",
    pl: "Wiersze dodane: {added, number}; usunięte: {removed, number}; zmienione: {changed, number}.",
    it: "Righe aggiunte: {added, number}; rimosse: {removed, number}; modificate: {changed, number}.",
  },
} as const satisfies Readonly<Record<SentenceKey, Text>>;
