/** What messages about a support request say; see `texts.ts`. */
export const requestTexts = {
  requestSubject: {
    en: "Support request {number}: {title}",
    es: "Solicitud de soporte {number}: {title}",
    pl: "Wniosek o pomoc techniczną {number}: {title}",
    it: "Richiesta di supporto {number}: {title}",
  },
  requestNumber: {
    en: "Number: {number}",
    es: "Número: {number}",
    pl: "Numer: {number}",
    it: "Numero: {number}",
  },
  requestTitle: {
    en: "Title: {title}",
    es: "Título: {title}",
    pl: "Tytuł: {title}",
    it: "Titolo: {title}",
  },
  requestSeverity: {
    en: "Severity: {severity, select, critical {A (critical)} moderate {B (moderate)} other {C (minimal)}}",
    es: "Gravedad: {severity, select, critical {A (crítica)} moderate {B (moderada)} other {C (mínima)}}",
    pl: "Ważność: {severity, select, critical {A (krytyczna)} moderate {B (umiarkowana)} other {C (minimalna)}}",
    it: "Gravità: {severity, select, critical {A (critica)} moderate {B (moderata)} other {C (minima)}}",
  },
  requestStatus: {
    en: "Status: {status, select, open {open} attentionNeeded {waiting for the customer} other {closed}}",
    es: "Estado: {status, select, open {abierta} attentionNeeded {en espera del cliente} other {cerrada}}",
    pl: "Stan: {status, select, open {otwarty} attentionNeeded {czeka na klienta} other {zamknięty}}",
    it: "Stato: {status, select, open {aperta} attentionNeeded {in attesa del cliente} other {chiusa}}",
  },
  requestAction: {
    en: "Open the support request",
    es: "Abrir la solicitud de soporte",
    pl: "Otwórz wniosek o pomoc techniczną",
    it: "Apri la richiesta di supporto",
  },

  requestSharedIntroduction: {
    en: "{sharedBy} has shared a support request with you.",
    es: "{sharedBy} ha compartido con usted una solicitud de soporte.",
    pl: "{sharedBy} udostępnia Ci wniosek o pomoc techniczną.",
    it: "{sharedBy} ha condiviso con Lei una richiesta di supporto.",
  },
  requestSharedMeaning: {
    en: "You can see the request, add notes and attachments, and change its status. Sign in with the e-mail address that this message was sent to.",
    es: "Puede ver la solicitud, añadir notas y archivos adjuntos y cambiar su estado. Inicie sesión con la dirección de correo electrónico en la que ha recibido este mensaje.",
    pl: "Możesz przeglądać ten wniosek, dodawać notatki i załączniki oraz zmieniać jego stan. Należy zalogować się przy użyciu adresu e-mail, na który przyszła ta wiadomość.",
    it: "Può visualizzare la richiesta, aggiungere note e allegati e modificarne lo stato. Acceda con l’indirizzo di posta elettronica al quale ha ricevuto questo messaggio.",
  },

  requestSentIntroduction: {
    en: "{sentBy} ({senderEmail}) is telling you about a support request.",
    es: "{sentBy} ({senderEmail}) le informa de una solicitud de soporte.",
    pl: "{sentBy} ({senderEmail}) przekazuje Ci informację o wniosku o pomoc techniczną.",
    it: "{sentBy} ({senderEmail}) La informa di una richiesta di supporto.",
  },
  requestSentMeaning: {
    en: "This message is for information only and gives no access to the request. With questions, write to {senderEmail}.",
    es: "Este mensaje es solo informativo y no da acceso a la solicitud. Si tiene preguntas, escriba a {senderEmail}.",
    pl: "Ta wiadomość ma charakter wyłącznie informacyjny i nie daje dostępu do wniosku. Pytania można kierować na adres {senderEmail}.",
    it: "Questo messaggio è solo informativo e non dà accesso alla richiesta. Per domande, scriva a {senderEmail}.",
  },

  requestContactIntroduction: {
    en: "{addedBy}, who is working on the support request below, has added you to its contacts.",
    es: "{addedBy}, que se ocupa de la solicitud de soporte siguiente, le ha añadido a sus contactos.",
    pl: "{addedBy} zajmuje się poniższym wnioskiem o pomoc techniczną i dodaje Cię do jego kontaktów.",
    it: "{addedBy}, che si occupa della richiesta di supporto seguente, La ha aggiunta ai contatti.",
  },
  requestContactMeaning: {
    en: "From now on you may get e-mail about this request. Being a contact gives you no further access to it.",
    es: "A partir de ahora puede recibir correo electrónico sobre esta solicitud. Ser contacto no le da más acceso a ella.",
    pl: "Od teraz możesz otrzymywać wiadomości e-mail dotyczące tego wniosku. Rola kontaktu nie daje dodatkowego dostępu do niego.",
    it: "Da ora in poi può ricevere messaggi di posta elettronica su questa richiesta. Essere un contatto non Le dà ulteriore accesso.",
  },

  requestPrimaryContactIntroduction: {
    en: "{openedBy} has opened a support request and named you as its primary contact.",
    es: "{openedBy} ha abierto una solicitud de soporte y le ha nombrado contacto principal.",
    pl: "{openedBy} składa wniosek o pomoc techniczną i wskazuje Cię jako główny kontakt.",
    it: "{openedBy} ha aperto una richiesta di supporto e La ha indicata come contatto principale.",
  },

  requestStatusSubject: {
    en: "Support request {number} {isClosed, select, true {is closed} other {needs your attention}}: {title}",
    es: "La solicitud de soporte {number} {isClosed, select, true {está cerrada} other {necesita su atención}}: {title}",
    pl: "Wniosek o pomoc techniczną {number} {isClosed, select, true {jest zamknięty} other {wymaga uwagi}}: {title}",
    it: "La richiesta di supporto {number} {isClosed, select, true {è chiusa} other {richiede la Sua attenzione}}: {title}",
  },
  requestClosedIntroduction: {
    en: "{isPerson, select, true {{changedBy} has closed your support request.} other {The support desk has closed your support request.}}",
    es: "{isPerson, select, true {{changedBy} ha cerrado su solicitud de soporte.} other {El equipo de soporte ha cerrado su solicitud de soporte.}}",
    pl: "{isPerson, select, true {{changedBy} zamyka Twój wniosek o pomoc techniczną.} other {Zespół pomocy technicznej zamyka Twój wniosek.}}",
    it: "{isPerson, select, true {{changedBy} ha chiuso la Sua richiesta di supporto.} other {Il team di supporto ha chiuso la Sua richiesta.}}",
  },
  requestClosedMeaning: {
    en: "If the problem is not solved, you can reopen the request with a reason.",
    es: "Si el problema no se ha resuelto, puede volver a abrir la solicitud indicando el motivo.",
    pl: "Jeśli problem nie został rozwiązany, wniosek można otworzyć ponownie, podając powód.",
    it: "Se il problema non è risolto, può riaprire la richiesta indicando il motivo.",
  },
  requestWaitsIntroduction: {
    en: "{isPerson, select, true {{changedBy} needs something from you for your support request.} other {The support desk needs something from you for your support request.}}",
    es: "{isPerson, select, true {{changedBy} necesita algo de usted para su solicitud de soporte.} other {El equipo de soporte necesita algo de usted para su solicitud de soporte.}}",
    pl: "{isPerson, select, true {{changedBy} czeka na Twoją odpowiedź w sprawie wniosku o pomoc techniczną.} other {Zespół pomocy technicznej czeka na Twoją odpowiedź w sprawie wniosku.}}",
    it: "{isPerson, select, true {{changedBy} attende qualcosa da Lei per la Sua richiesta di supporto.} other {Il team di supporto attende qualcosa da Lei per la Sua richiesta.}}",
  },
  requestWaitsMeaning: {
    en: "While the request waits for you, the time in which the support desk has to answer stands still.",
    es: "Mientras la solicitud espere su respuesta, el plazo de respuesta del equipo de soporte queda en suspenso.",
    pl: "Dopóki wniosek czeka na Ciebie, czas reakcji zespołu pomocy technicznej nie biegnie.",
    it: "Finché la richiesta attende Lei, il tempo di risposta del team di supporto resta sospeso.",
  },

  requestTargetMissedSubject: {
    en: "Support request {number}: {target, select, firstResponse {no first response} other {no update}} in time – {title}",
    es: "Solicitud de soporte {number}: sin {target, select, firstResponse {primera respuesta} other {actualización}} a tiempo – {title}",
    pl: "Wniosek o pomoc techniczną {number}: brak {target, select, firstResponse {pierwszej odpowiedzi} other {aktualizacji}} w terminie – {title}",
    it: "Richiesta di supporto {number}: {target, select, firstResponse {nessuna prima risposta} other {nessun aggiornamento}} in tempo – {title}",
  },
  requestTargetMissedIntroduction: {
    en: "{customerName} has waited too long for {target, select, firstResponse {the first response to} other {an update on}} the support request below: it was due by {missedAt, date, moment}.",
    es: "{customerName} lleva demasiado tiempo esperando {target, select, firstResponse {la primera respuesta a} other {una actualización de}} la solicitud de soporte siguiente. El plazo terminó el {missedAt, date, moment}.",
    pl: "Klient {customerName} zbyt długo czeka na {target, select, firstResponse {pierwszą odpowiedź na poniższy wniosek} other {aktualizację poniższego wniosku}} o pomoc techniczną. Termin minął: {missedAt, date, moment}.",
    it: "{customerName} attende da troppo tempo {target, select, firstResponse {la prima risposta alla} other {un aggiornamento sulla}} richiesta di supporto seguente. Il termine è scaduto il {missedAt, date, moment}.",
  },
  requestTargetMissedMeaning: {
    en: "You get this message because you work on the request or look after the customer. It is sent once for each target that is missed.",
    es: "Recibe este mensaje porque se ocupa de la solicitud o atiende al cliente. Se envía una sola vez por cada plazo incumplido.",
    pl: "Otrzymujesz tę wiadomość, ponieważ zajmujesz się tym wnioskiem lub obsługujesz klienta. Wysyłamy ją raz dla każdego przekroczonego terminu.",
    it: "Riceve questo messaggio perché si occupa della richiesta o segue il cliente. Viene inviato una sola volta per ogni termine non rispettato.",
  },
} as const;
