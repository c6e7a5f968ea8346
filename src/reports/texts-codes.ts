/** What reports call what has a code; see `texts.ts`. A set that lacks one of its codes does not compile. */
import type * as z from "zod";
import type { Plan, Service, sectionSchema, unitSchema } from "../agreements/agreement-event.ts";
import type { Reason } from "../consumption/entry.ts";
import type { CodeSet } from "./content.ts";
import type { Text } from "./texts.ts";
import { sectionTexts } from "./texts-columns.ts";
import { words } from "./texts-sentences.ts";

type TextsOf<Code extends string> = Readonly<Record<Code, Text>>;

const service = {
  problemResolution: {
    en: "Problem resolution",
    es: "Resolución de problemas",
    pl: "Rozwiązywanie problemów",
    it: "Risoluzione dei problemi",
  },
  advisory: {
    en: "Advisory support",
    es: "Soporte técnico de asesoría",
    pl: "Doradcza pomoc techniczna",
    it: "Supporto consultivo",
  },
  proactive: {
    en: "Proactive services",
    es: "Servicios proactivos",
    pl: "Usługi proaktywne",
    it: "Servizi proattivi",
  },
  proactiveCredits: {
    en: "Proactive credits",
    es: "Créditos proactivos",
    pl: "Kredyty proaktywne",
    it: "Crediti proattivi",
  },
  designatedSupportEngineering: {
    en: "Designated Support Engineering (DSE)",
    es: "Ingeniería de soporte designada (DSE)",
    pl: "Wyznaczony inżynier pomocy technicznej (DSE)",
    it: "Ingegneria di supporto designata (DSE)",
  },
  education: {
    en: "On-demand education",
    es: "Educación a petición",
    pl: "Szkolenia na żądanie",
    it: "Formazione su richiesta",
  },
  assessment: {
    en: "On-demand assessments",
    es: "Evaluaciones a petición",
    pl: "Oceny na żądanie",
    it: "Valutazioni su richiesta",
  },
  supportContacts: sectionTexts.contact,
  other: { en: "Other services", es: "Otros servicios", pl: "Inne usługi", it: "Altri servizi" },
} as const satisfies TextsOf<Service>;

/** What a file for tools counts in; for people, see `amountTexts`. */
const unit = {
  minutes: { en: "minutes", es: "minutos", pl: "minuty", it: "minuti" },
  credits: { en: "credits", es: "créditos", pl: "kredyty", it: "crediti" },
  activities: { en: "activities", es: "actividades", pl: "działania", it: "attività" },
  contacts: { en: "contacts", es: "contactos", pl: "kontakty", it: "contatti" },
  executions: { en: "executions", es: "ejecuciones", pl: "wykonania", it: "esecuzioni" },
} as const satisfies TextsOf<z.infer<typeof unitSchema>>;

const plan = {
  unified: {
    en: "Unified Support",
    es: "Soporte técnico unificado",
    pl: "Pomoc techniczna Unified",
    it: "Supporto Unified",
  },
  premier: {
    en: "Premier Support",
    es: "Soporte técnico Premier",
    pl: "Pomoc techniczna Premier",
    it: "Supporto Premier",
  },
} as const satisfies TextsOf<Plan>;

const packageSection = {
  enterpriseWide: {
    en: "Enterprise-wide",
    es: "Para toda la empresa",
    pl: "Dla całego przedsiębiorstwa",
    it: "Per l’intera azienda",
  },
  addOn: { en: "Add-on", es: "Complementario", pl: "Dodatkowy", it: "Aggiuntivo" },
} as const satisfies TextsOf<z.infer<typeof sectionSchema>>;

const severity = {
  critical: { en: "A (critical)", es: "A (crítica)", pl: "A (krytyczna)", it: "A (critica)" },
  moderate: { en: "B (moderate)", es: "B (moderada)", pl: "B (umiarkowana)", it: "B (moderata)" },
  minimal: { en: "C (minimal)", es: "C (mínima)", pl: "C (minimalna)", it: "C (minima)" },
} as const;

/** Of a case: that is what a line names. */
const requestStatus = {
  open: { en: "Open", es: "Abierto", pl: "Otwarta", it: "Aperto" },
  attentionNeeded: {
    en: "Waiting for the customer",
    es: "En espera del cliente",
    pl: "Czeka na klienta",
    it: "In attesa del cliente",
  },
  closed: { en: "Closed", es: "Cerrado", pl: "Zamknięta", it: "Chiuso" },
} as const;

/** CA-14 */
const category = {
  SU: {
    en: "Support assistance (SU)",
    es: "Asistencia de soporte técnico (SU)",
    pl: "Pomoc techniczna (SU)",
    it: "Assistenza al supporto (SU)",
  },
  DSA: {
    en: "Development support assistance (DSA)",
    es: "Asistencia de soporte técnico para el desarrollo (DSA)",
    pl: "Pomoc techniczna w zakresie rozwoju (DSA)",
    it: "Assistenza al supporto per lo sviluppo (DSA)",
  },
  X85: {
    en: "Support technology advisor (X85)",
    es: "Asesor de soporte tecnológico (X85)",
    pl: "Doradca IT pomocy technicznej (X85)",
    it: "Consulente tecnologico di supporto (X85)",
  },
  REC: {
    en: "Reactive enabled contacts (REC)",
    es: "Contactos habilitados reactivos (REC)",
    pl: "Włączone kontakty reaktywne (REC)",
    it: "Contatti abilitati reattivi (REC)",
  },
} as const;

const reason = {
  agreementExpired: {
    en: "Agreement expired",
    es: "Contrato caducado",
    pl: "Umowa wygasła",
    it: "Contratto scaduto",
  },
  agreementNotInWorkspace: {
    en: "Agreement not mapped to the workspace",
    es: "Contrato no asignado al área de trabajo",
    pl: "Umowa niepowiązana z obszarem roboczym",
    it: "Contratto non associato all’area di lavoro",
  },
  noMatchingEntitlement: {
    en: "No matching agreement, package or service",
    es: "Falta el contrato, el paquete o el servicio",
    pl: "Brak umowy, pakietu lub usługi",
    it: "Mancano il contratto, il pacchetto o il servizio",
  },
  category: {
    en: "Classified as SU, DSA, X85 or REC",
    es: "Clasificado como SU, DSA, X85 o REC",
    pl: "Sklasyfikowana jako SU, DSA, X85 lub REC",
    it: "Classificato come SU, DSA, X85 o REC",
  },
} as const satisfies TextsOf<Reason>;

/** What became of a line since the version before. */
const change = {
  added: { en: "Added", es: "Añadida", pl: "Dodano", it: "Aggiunta" },
  removed: { en: "Removed", es: "Eliminada", pl: "Usunięto", it: "Rimossa" },
  changed: { en: "Changed", es: "Modificada", pl: "Zmieniono", it: "Modificata" },
} as const;

/** What a report says of itself. A period is half-open, in UTC; an agreement's end is its last day. */
const fact = {
  report: { en: "Kind of report", es: "Tipo de informe", pl: "Rodzaj raportu", it: "Tipo di report" },
  customerId: {
    en: "Customer ID",
    es: "Id. de cliente",
    pl: "Identyfikator klienta",
    it: "ID del cliente",
  },
  customerName: { en: "Customer", es: "Cliente", pl: "Klient", it: "Cliente" },
  agreementId: {
    en: "Agreement ID",
    es: "Id. de contrato",
    pl: "Identyfikator umowy",
    it: "ID del contratto",
  },
  agreementNumber: {
    en: "Agreement number",
    es: "Número de contrato",
    pl: "Numer umowy",
    it: "Numero del contratto",
  },
  plan: { en: "Support plan", es: "Plan de soporte", pl: "Plan pomocy technicznej", it: "Piano di supporto" },
  agreementStart: {
    en: "Agreement start",
    es: "Inicio del contrato",
    pl: "Początek umowy",
    it: "Inizio del contratto",
  },
  agreementEnd: {
    en: "Agreement end (last day)",
    es: "Fin del contrato (último día)",
    pl: "Koniec umowy (ostatni dzień)",
    it: "Fine del contratto (ultimo giorno)",
  },
  timeZone: { en: "Time zone", es: "Zona horaria", pl: "Strefa czasowa", it: "Fuso orario" },
  periodFrom: {
    en: "Period from (UTC, inclusive)",
    es: "Periodo desde (UTC, incluido)",
    pl: "Okres od (UTC, włącznie)",
    it: "Periodo da (UTC, incluso)",
  },
  periodTo: {
    en: "Period to (UTC, exclusive)",
    es: "Periodo hasta (UTC, no incluido)",
    pl: "Okres do (UTC, bez tej chwili)",
    it: "Periodo fino a (UTC, escluso)",
  },
  workspaces: {
    en: "Workspaces included",
    es: "Áreas de trabajo incluidas",
    pl: "Uwzględnione obszary robocze",
    it: "Aree di lavoro incluse",
  },
  workspace: { en: "Workspace", es: "Área de trabajo", pl: "Obszar roboczy", it: "Area di lavoro" },
  version: { en: "Version", es: "Versión", pl: "Wersja", it: "Versione" },
  generatedAt: {
    en: "Generated at",
    es: "Fecha de generación",
    pl: "Data wygenerowania",
    it: "Data di generazione",
  },
  dataAsOf: { en: "Data as of", es: "Datos a fecha de", pl: "Stan danych na", it: "Dati aggiornati al" },
} as const;

const workspaceChoice = {
  all: { en: "All", es: "Todas", pl: "Wszystkie", it: "Tutte" },
  chosen: { en: "Chosen", es: "Seleccionadas", pl: "Wybrane", it: "Selezionate" },
} as const;

/** How something was learned. Producers may send words of their own, which stay as they are. */
const format = {
  onDemand: { en: "On demand", es: "A petición", pl: "Na żądanie", it: "Su richiesta" },
  instructorLed: { en: "Instructor-led", es: "Con instructor", pl: "Z instruktorem", it: "Con istruttore" },
} as const;

export const codeTexts: Readonly<Record<CodeSet, Readonly<Record<string, Text>>>> = {
  service,
  unit,
  plan,
  packageSection,
  severity,
  requestStatus,
  category,
  reason,
  change,
  section: sectionTexts,
  fact,
  reportKind: { cpod: words.cpodTitle, education: words.educationTitle },
  workspaceChoice,
  format,
};
