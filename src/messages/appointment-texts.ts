/** What messages about an appointment say; see `texts.ts`. */
export const appointmentTexts = {
  appointmentSubject: {
    en: "{change, select, booked {Appointment} moved {New time of the appointment} other {Appointment cancelled}} for support request {number}: {title}",
    es: "{change, select, booked {Cita} moved {Nueva hora de la cita} other {Cita cancelada}} para la solicitud de soporte {number}: {title}",
    pl: "{change, select, booked {Spotkanie} moved {Nowy termin spotkania} other {Odwołane spotkanie}} w sprawie wniosku o pomoc techniczną {number}: {title}",
    it: "{change, select, booked {Appuntamento} moved {Nuovo orario dell’appuntamento} other {Appuntamento annullato}} per la richiesta di supporto {number}: {title}",
  },
  appointmentBookedIntroduction: {
    en: "An appointment has been arranged for the support request below.",
    es: "Se ha concertado una cita para la solicitud de soporte siguiente.",
    pl: "Umówiono spotkanie w sprawie poniższego wniosku o pomoc techniczną.",
    it: "È stato fissato un appuntamento per la richiesta di supporto seguente.",
  },
  appointmentMovedIntroduction: {
    en: "The appointment for the support request below has been moved to another time.",
    es: "La cita para la solicitud de soporte siguiente se ha cambiado a otra hora.",
    pl: "Termin spotkania w sprawie poniższego wniosku o pomoc techniczną został zmieniony.",
    it: "L’appuntamento per la richiesta di supporto seguente è stato spostato a un altro orario.",
  },
  appointmentCancelledIntroduction: {
    en: "The appointment for the support request below has been cancelled.",
    es: "Se ha cancelado la cita para la solicitud de soporte siguiente.",
    pl: "Spotkanie w sprawie poniższego wniosku o pomoc techniczną zostało odwołane.",
    it: "L’appuntamento per la richiesta di supporto seguente è stato annullato.",
  },
  appointmentTime: {
    en: "Time: {start, date, moment}, {minutes, plural, one {# minute} other {# minutes}}",
    es: "Hora: {start, date, moment}, {minutes, plural, one {# minuto} many {# de minutos} other {# minutos}}",
    pl: "Termin: {start, date, moment}, {minutes, plural, one {# minuta} few {# minuty} many {# minut} other {# minuty}}",
    it: "Orario: {start, date, moment}, {minutes, plural, one {# minuto} many {# di minuti} other {# minuti}}",
  },
  appointmentAdvocate: {
    en: "Advocate: {advocateName}",
    es: "Especialista de soporte: {advocateName}",
    pl: "Specjalista pomocy technicznej: {advocateName}",
    it: "Specialista del supporto: {advocateName}",
  },
  appointmentAttached: {
    en: "{isCancelled, select, true {The attached file takes the appointment out of your calendar.} other {The attached file puts the appointment into your calendar.}}",
    es: "{isCancelled, select, true {El archivo adjunto elimina la cita de su calendario.} other {El archivo adjunto añade la cita a su calendario.}}",
    pl: "{isCancelled, select, true {Załączony plik usuwa spotkanie z kalendarza.} other {Załączony plik dodaje spotkanie do kalendarza.}}",
    it: "{isCancelled, select, true {Il file allegato rimuove l’appuntamento dal calendario.} other {Il file allegato aggiunge l’appuntamento al calendario.}}",
  },
} as const;
