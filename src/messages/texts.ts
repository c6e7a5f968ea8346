/**
 * What messages say, every text in every language side by side: one that is missing does not compile. In ICU message
 * format, without markup; a test keeps the arguments of a text the same in all its languages. The words of the product
 * are those of its documents in each language.
 */
import type * as z from "zod";
import type { languageSchema } from "../agreements/agreement-event.ts";

export type Language = z.infer<typeof languageSchema>;

export const texts = {
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
} as const satisfies Readonly<Record<string, Readonly<Record<Language, string>>>>;

export type TextKey = keyof typeof texts;
