/**
 * What messages say, every text in every language side by side: one that is missing does not compile. In ICU message
 * format, without markup; a test keeps the arguments of a text the same in all its languages. The words of the product
 * are those of its documents in each language.
 */
import type * as z from "zod";
import type { languageSchema, unitSchema } from "../agreements/agreement-event.ts";
import { appointmentTexts } from "./appointment-texts.ts";
import { reportTexts } from "./report-texts.ts";
import { requestTexts } from "./request-texts.ts";

export type Language = z.infer<typeof languageSchema>;

/** An amount with its unit, both arguments of the text: `{purchased}` in `{unit}`, in every number that a language has. */
const amounts = {
  en: (amount: string): string =>
    amountIn(amount, {
      minutes: "one {# minute} other {# minutes}",
      credits: "one {# credit} other {# credits}",
      activities: "one {# activity} other {# activities}",
      contacts: "one {# contact} other {# contacts}",
      executions: "one {# execution} other {# executions}",
    }),
  es: (amount: string): string =>
    amountIn(amount, {
      minutes: "one {# minuto} many {# de minutos} other {# minutos}",
      credits: "one {# crédito} many {# de créditos} other {# créditos}",
      activities: "one {# actividad} many {# de actividades} other {# actividades}",
      contacts: "one {# contacto} many {# de contactos} other {# contactos}",
      executions: "one {# ejecución} many {# de ejecuciones} other {# ejecuciones}",
    }),
  pl: (amount: string): string =>
    amountIn(amount, {
      minutes: "one {# minuta} few {# minuty} many {# minut} other {# minuty}",
      credits: "one {# kredyt} few {# kredyty} many {# kredytów} other {# kredytu}",
      activities: "one {# działanie} few {# działania} many {# działań} other {# działania}",
      contacts: "one {# kontakt} few {# kontakty} many {# kontaktów} other {# kontaktu}",
      executions: "one {# wykonanie} few {# wykonania} many {# wykonań} other {# wykonania}",
    }),
  it: (amount: string): string =>
    amountIn(amount, {
      minutes: "one {# minuto} many {# di minuti} other {# minuti}",
      credits: "one {# credito} many {# di crediti} other {# crediti}",
      activities: "one {# attività} many {# di attività} other {# attività}",
      contacts: "one {# contatto} many {# di contatti} other {# contatti}",
      executions: "one {# esecuzione} many {# di esecuzioni} other {# esecuzioni}",
    }),
};

type Unit = z.infer<typeof unitSchema>;

function amountIn(amount: string, forms: Readonly<Record<Unit, string>>): string {
  const units = Object.entries(forms).map(([unit, plural]) => `${unit} {{${amount}, plural, ${plural}}}`);
  // A choice has to have an end for what it does not know; there is no such unit.
  return `{unit, select, ${units.join(" ")} other {{${amount}, number}}}`;
}

export const texts = {
  ...requestTexts,
  ...appointmentTexts,
  ...reportTexts,
  greeting: {
    en: "{isNamed, select, true {Hello {name},} other {Hello,}}",
    es: "{isNamed, select, true {Hola, {name}:} other {Hola:}}",
    pl: "{isNamed, select, true {Dzień dobry, {name}!} other {Dzień dobry!}}",
    it: "{isNamed, select, true {Buongiorno {name},} other {Buongiorno,}}",
  },
  purpose: {
    en: "In Customer Activity you can see at any time what your organisation bought under its support agreements and what has been delivered.",
    es: "En Actividad del cliente puede consultar en todo momento qué ha contratado su organización en sus contratos de soporte y qué se le ha entregado.",
    pl: "W usłudze Aktywność klienta można w każdej chwili sprawdzić, co organizacja kupiła w ramach umów o pomoc techniczną i co zostało już dostarczone.",
    it: "In Attività cliente può vedere in qualsiasi momento che cosa la Sua organizzazione ha acquistato con i contratti di supporto e che cosa è stato consegnato.",
  },
  footer: {
    en: "This message was sent automatically by Customer Activity. Replies to it are not read.",
    es: "Este mensaje se ha enviado automáticamente desde Actividad del cliente. Las respuestas no se leen.",
    pl: "Ta wiadomość została wysłana automatycznie przez usługę Aktywność klienta. Odpowiedzi na nią nie są czytane.",
    it: "Questo messaggio è stato inviato automaticamente da Attività cliente. Le risposte non vengono lette.",
  },

  invitationSubject: {
    en: "Invitation to the workspace {workspaceName} of {customerName}",
    es: "Invitación al área de trabajo {workspaceName} de {customerName}",
    pl: "Zaproszenie do obszaru roboczego {workspaceName} ({customerName})",
    it: "Invito all’area di lavoro {workspaceName} di {customerName}",
  },
  invitationIntroduction: {
    en: "{hasInviter, select, true {{inviterName} has invited you} other {You are invited}} to the workspace “{workspaceName}” of {customerName} in Customer Activity.",
    es: "{hasInviter, select, true {{inviterName} le invita} other {Tiene una invitación para unirse}} al área de trabajo «{workspaceName}» de {customerName} en Actividad del cliente.",
    pl: "{hasInviter, select, true {{inviterName} zaprasza} other {Zapraszamy}} do obszaru roboczego „{workspaceName}” klienta {customerName} w usłudze Aktywność klienta.",
    it: "{hasInviter, select, true {{inviterName} La invita} other {Ha ricevuto un invito}} all’area di lavoro «{workspaceName}» di {customerName} in Attività cliente.",
  },
  invitationAccept: {
    en: "{hasLink, select, true {To accept, open the link below and sign in with the e-mail address that this message was sent to.} other {To accept, sign in to Customer Activity with the e-mail address that this message was sent to.}}",
    es: "{hasLink, select, true {Para aceptarla, abra el enlace siguiente e inicie sesión con la dirección de correo electrónico en la que ha recibido este mensaje.} other {Para aceptarla, inicie sesión en Actividad del cliente con la dirección de correo electrónico en la que ha recibido este mensaje.}}",
    pl: "{hasLink, select, true {Aby przyjąć zaproszenie, należy otworzyć poniższy link i zalogować się przy użyciu adresu e-mail, na który przyszła ta wiadomość.} other {Aby przyjąć zaproszenie, należy zalogować się do usługi Aktywność klienta przy użyciu adresu e-mail, na który przyszła ta wiadomość.}}",
    it: "{hasLink, select, true {Per accettare, apra il collegamento seguente e acceda con l’indirizzo di posta elettronica al quale ha ricevuto questo messaggio.} other {Per accettare, acceda ad Attività cliente con l’indirizzo di posta elettronica al quale ha ricevuto questo messaggio.}}",
  },
  invitationExpiry: {
    en: "The invitation is valid until {expiresAt, date, moment}. If you did not expect it, you can ignore this message.",
    es: "La invitación es válida hasta el {expiresAt, date, moment}. Si no la esperaba, puede ignorar este mensaje.",
    pl: "Zaproszenie jest ważne do: {expiresAt, date, moment}. Jeśli ta wiadomość jest pomyłką, można ją zignorować.",
    it: "L’invito è valido fino a {expiresAt, date, moment}. Se non lo aspettava, può ignorare questo messaggio.",
  },
  invitationAction: {
    en: "Accept the invitation",
    es: "Aceptar la invitación",
    pl: "Przyjmij zaproszenie",
    it: "Accetta l’invito",
  },

  welcomeSubject: {
    en: "Your access to Customer Activity for {customerName}",
    es: "Su acceso a Actividad del cliente para {customerName}",
    pl: "Dostęp do usługi Aktywność klienta ({customerName})",
    it: "Il Suo accesso ad Attività cliente per {customerName}",
  },
  welcomeIntroduction: {
    en: "You are named on the support agreement {agreementNumber} of {customerName}. That makes you a member of its workspace “{workspaceName}”; there is nothing that you need to accept.",
    es: "Su nombre figura en el contrato de soporte {agreementNumber} de {customerName}. Por ello ya tiene acceso a su área de trabajo «{workspaceName}» y no hace falta que acepte nada.",
    pl: "Umowa o pomoc techniczną {agreementNumber} klienta {customerName} zawiera Twoje dane. Dlatego masz już dostęp do obszaru roboczego „{workspaceName}” i nie trzeba niczego przyjmować.",
    it: "Il Suo nome figura nel contratto di supporto {agreementNumber} di {customerName}. Per questo ha già accesso all’area di lavoro «{workspaceName}» e non deve accettare nulla.",
  },
  welcomeSupportContact: {
    en: "You are a support contact: you can open support requests.",
    es: "Figura como contacto de soporte: puede abrir solicitudes de soporte.",
    pl: "Twoja rola to kontakt pomocy technicznej: możesz składać wnioski o pomoc techniczną.",
    it: "È un contatto di supporto: può aprire richieste di supporto.",
  },
  welcomeSignIn: {
    en: "Sign in with the e-mail address that this message was sent to.",
    es: "Inicie sesión con la dirección de correo electrónico en la que ha recibido este mensaje.",
    pl: "Należy zalogować się przy użyciu adresu e-mail, na który przyszła ta wiadomość.",
    it: "Acceda con l’indirizzo di posta elettronica al quale ha ricevuto questo messaggio.",
  },
  welcomeAction: {
    en: "Open Customer Activity",
    es: "Abrir Actividad del cliente",
    pl: "Otwórz usługę Aktywność klienta",
    it: "Apri Attività cliente",
  },

  allowanceUsedSubject: {
    en: "{customerName}: {percent, number}% of “{entitlementName}” is used",
    es: "{customerName}: consumido el {percent, number} % de «{entitlementName}»",
    pl: "{customerName}: wykorzystano {percent, number}% – „{entitlementName}”",
    it: "{customerName}: utilizzato il {percent, number}% di «{entitlementName}»",
  },
  allowanceUsedIntroduction: {
    en: "This is about “{entitlementName}” in the package “{packageName}”, which {customerName} has under the support agreement {agreementNumber}.",
    es: "Se trata de «{entitlementName}», del paquete «{packageName}», que {customerName} tiene en el contrato de soporte {agreementNumber}.",
    pl: "Wiadomość dotyczy pozycji „{entitlementName}” w pakiecie „{packageName}”, który klient {customerName} ma w ramach umowy o pomoc techniczną {agreementNumber}.",
    it: "Si tratta di «{entitlementName}», nel pacchetto «{packageName}» che {customerName} ha con il contratto di supporto {agreementNumber}.",
  },
  allowanceUsedAmount: {
    en: `Used so far: {consumed, number} of ${amounts.en("purchased")}, that is {percent, number}%.`,
    es: `Consumo hasta ahora: {consumed, number} de ${amounts.es("purchased")}, es decir, el {percent, number} %.`,
    pl: `Dotychczasowe zużycie: {consumed, number} z puli, która wynosi ${amounts.pl("purchased")}, czyli {percent, number}%.`,
    it: `Consumo finora: {consumed, number} su ${amounts.it("purchased")}, cioè il {percent, number}%.`,
  },
  allowanceUsedRest: {
    en: `Still available: ${amounts.en("amount")}.`,
    es: `Quedan disponibles: ${amounts.es("amount")}.`,
    pl: `Pozostało do wykorzystania: ${amounts.pl("amount")}.`,
    it: `Ancora disponibile: ${amounts.it("amount")}.`,
  },
  allowanceUsedUp: {
    en: `{isOver, select, true {The allowance is used up and exceeded by ${amounts.en("amount")}.} other {The allowance is used up: nothing is left.}}`,
    es: `{isOver, select, true {Lo contratado se ha agotado y se ha superado en ${amounts.es("amount")}.} other {Lo contratado se ha agotado: no queda nada disponible.}}`,
    pl: `{isOver, select, true {Pula została wykorzystana w całości i przekroczona o: ${amounts.pl("amount")}.} other {Pula została wykorzystana w całości: nic już nie zostało.}}`,
    it: `{isOver, select, true {La disponibilità è esaurita e superata di ${amounts.it("amount")}.} other {La disponibilità è esaurita: non resta più nulla.}}`,
  },

  packageExpiringSubject: {
    en: "{customerName}: “{packageName}” ends {daysLeft, plural, =0 {today} one {tomorrow} other {in # days}}",
    es: "{customerName}: «{packageName}» termina {daysLeft, plural, =0 {hoy} one {mañana} many {dentro de # de días} other {dentro de # días}}",
    pl: "{customerName}: pakiet „{packageName}” kończy się {daysLeft, plural, =0 {dzisiaj} one {jutro} few {za # dni} many {za # dni} other {za # dnia}}",
    it: "{customerName}: «{packageName}» termina {daysLeft, plural, =0 {oggi} one {domani} many {tra # di giorni} other {tra # giorni}}",
  },
  packageExpiringIntroduction: {
    en: "The package “{packageName}” that {customerName} has under the support agreement {agreementNumber} ends {daysLeft, plural, =0 {today} one {tomorrow} other {in # days}}: {endDate, date, day} is its last day.",
    es: "El paquete «{packageName}» que {customerName} tiene en el contrato de soporte {agreementNumber} termina {daysLeft, plural, =0 {hoy} one {mañana} many {dentro de # de días} other {dentro de # días}}: su último día es el {endDate, date, day}.",
    pl: "Pakiet „{packageName}”, który klient {customerName} ma w ramach umowy o pomoc techniczną {agreementNumber}, kończy się {daysLeft, plural, =0 {dzisiaj} one {jutro} few {za # dni} many {za # dni} other {za # dnia}}. Ostatni dzień: {endDate, date, day}.",
    it: "Il pacchetto «{packageName}» che {customerName} ha con il contratto di supporto {agreementNumber} termina {daysLeft, plural, =0 {oggi} one {domani} many {tra # di giorni} other {tra # giorni}}: il suo ultimo giorno è {endDate, date, day}.",
  },
  packageExpiringMeaning: {
    en: "What has not been used by then can no longer be used afterwards.",
    es: "Lo que no se haya utilizado hasta entonces ya no se podrá utilizar después.",
    pl: "Tego, co nie zostanie wykorzystane do tego czasu, później nie będzie już można wykorzystać.",
    it: "Ciò che non sarà stato utilizzato fino ad allora non potrà più esserlo in seguito.",
  },

  grantExpiringSubject: {
    en: "{customerName}: part of “{entitlementName}” expires {daysLeft, plural, =0 {today} one {tomorrow} other {in # days}}",
    es: "{customerName}: una parte de «{entitlementName}» caduca {daysLeft, plural, =0 {hoy} one {mañana} many {dentro de # de días} other {dentro de # días}}",
    pl: "{customerName}: część puli „{entitlementName}” wygasa {daysLeft, plural, =0 {dzisiaj} one {jutro} few {za # dni} many {za # dni} other {za # dnia}}",
    it: "{customerName}: una parte di «{entitlementName}» scade {daysLeft, plural, =0 {oggi} one {domani} many {tra # di giorni} other {tra # giorni}}",
  },
  grantExpiringIntroduction: {
    en: "Part of “{entitlementName}” in the package “{packageName}”, which {customerName} has under the support agreement {agreementNumber}, expires {daysLeft, plural, =0 {today} one {tomorrow} other {in # days}}: {endDate, date, day} is its last day.",
    es: "Una parte de «{entitlementName}», del paquete «{packageName}», que {customerName} tiene en el contrato de soporte {agreementNumber}, caduca {daysLeft, plural, =0 {hoy} one {mañana} many {dentro de # de días} other {dentro de # días}}: su último día es el {endDate, date, day}.",
    pl: "Część puli „{entitlementName}” w pakiecie „{packageName}”, który klient {customerName} ma w ramach umowy o pomoc techniczną {agreementNumber}, wygasa {daysLeft, plural, =0 {dzisiaj} one {jutro} few {za # dni} many {za # dni} other {za # dnia}}. Ostatni dzień: {endDate, date, day}.",
    it: "Una parte di «{entitlementName}», nel pacchetto «{packageName}» che {customerName} ha con il contratto di supporto {agreementNumber}, scade {daysLeft, plural, =0 {oggi} one {domani} many {tra # di giorni} other {tra # giorni}}: il suo ultimo giorno è {endDate, date, day}.",
  },
  grantExpiringUnused: {
    en: `Still to be used by then: ${amounts.en("amount")}. What has not been used of it by then will be lost.`,
    es: `Queda por utilizar hasta entonces: ${amounts.es("amount")}. Lo que no se haya utilizado para entonces se perderá.`,
    pl: `Do wykorzystania do tego czasu: ${amounts.pl("amount")}. To, co nie zostanie wykorzystane, przepadnie.`,
    it: `Ancora da utilizzare entro tale data: ${amounts.it("amount")}. Ciò che non sarà stato utilizzato andrà perso.`,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<Language, string>>>>;

export type TextKey = keyof typeof texts;
