/** What messages about reports and their subscriptions say; see `texts.ts`. Days are told in UTC, instants in a zone. */
export const reportTexts = {
  reportReadySubject: {
    en: "{customerName}: {reportKind, select, cpod {proof of delivery (CPOD)} other {education report}}, {firstDay, date, plainDay} to {lastDay, date, plainDay}{isCorrection, select, true { (corrected)} other {}}",
    es: "{customerName}: {reportKind, select, cpod {prueba de entrega (CPOD)} other {informe de educación}}, del {firstDay, date, plainDay} al {lastDay, date, plainDay}{isCorrection, select, true { (corrección)} other {}}",
    pl: "{customerName}: {reportKind, select, cpod {potwierdzenie dostarczenia usług (CPOD)} other {raport o szkoleniach}}, {firstDay, date, plainDay} – {lastDay, date, plainDay}{isCorrection, select, true { (korekta)} other {}}",
    it: "{customerName}: {reportKind, select, cpod {prova di consegna (CPOD)} other {report sulla formazione}}, {firstDay, date, plainDay} – {lastDay, date, plainDay}{isCorrection, select, true { (correzione)} other {}}",
  },
  reportReadyIntroduction: {
    en: "{isCorrection, select, true {There is a corrected version of} other {Ready for you:}} {reportKind, select, cpod {the Customer Proof of Delivery (CPOD)} other {the on-demand education report}} of {customerName}.",
    es: "{isCorrection, select, true {Hay una versión corregida de} other {Ya tiene a su disposición}} {reportKind, select, cpod {la prueba de entrega al cliente (CPOD)} other {el informe de educación a petición}} de {customerName}.",
    pl: "{isCorrection, select, true {Dostępna jest poprawiona wersja dokumentu:} other {Dostępny jest nowy dokument:}} {reportKind, select, cpod {potwierdzenie dostarczenia usług klientowi (CPOD)} other {raport o szkoleniach na żądanie}} – {customerName}.",
    it: "{isCorrection, select, true {È disponibile una versione corretta:} other {È disponibile un nuovo documento:}} {reportKind, select, cpod {prova di consegna al cliente (CPOD)} other {report sulla formazione su richiesta}} di {customerName}.",
  },
  reportAgreement: {
    en: "Support agreement: {agreementNumber}",
    es: "Contrato de soporte: {agreementNumber}",
    pl: "Umowa o pomoc techniczną: {agreementNumber}",
    it: "Contratto di supporto: {agreementNumber}",
  },
  reportPeriod: {
    en: "Period: {firstDay, date, plainDay} to {lastDay, date, plainDay}, both days included (UTC)",
    es: "Periodo: del {firstDay, date, plainDay} al {lastDay, date, plainDay}, ambos incluidos (UTC)",
    pl: "Okres: od {firstDay, date, plainDay} do {lastDay, date, plainDay} włącznie (UTC)",
    it: "Periodo: {firstDay, date, plainDay} – {lastDay, date, plainDay}, giorni estremi inclusi (UTC)",
  },
  reportVersion: {
    en: "Version: {version, number}",
    es: "Versión: {version, number}",
    pl: "Wersja: {version, number}",
    it: "Versione: {version, number}",
  },
  /** No count: between what was sent to the recipient and this there may be versions that were not. */
  reportChanges: {
    en: "Figures of this period have changed since they were last sent. The report lists the lines that changed since the version before it.",
    es: "Han cambiado cifras de este periodo desde el último envío. El informe indica las líneas que han cambiado desde la versión anterior a esta.",
    pl: "Od ostatniej wysyłki zmieniły się dane liczbowe za ten okres. Raport wymienia wiersze, które zmieniły się od wersji bezpośrednio go poprzedzającej.",
    it: "Alcune cifre di questo periodo sono cambiate dall’ultimo invio. Il report elenca le righe modificate rispetto alla versione che lo precede.",
  },
  reportLinkUntil: {
    en: "The link below opens until {expiresAt, date, moment}.",
    es: "El enlace siguiente se puede abrir hasta el {expiresAt, date, moment}.",
    pl: "Poniższy link można otwierać do: {expiresAt, date, moment}.",
    it: "Il collegamento seguente si può aprire fino a {expiresAt, date, moment}.",
  },
  reportLinkOwn: {
    en: "It is meant for you alone: please do not forward this message. What is downloaded by the link is recorded as downloaded by you.",
    es: "Es solo para usted: no reenvíe este mensaje. Lo que se descargue con el enlace quedará registrado como descargado por usted.",
    pl: "Jest on przeznaczony wyłącznie dla Ciebie: prosimy nie przekazywać tej wiadomości dalej. Pliki pobrane za pomocą linku zostaną zapisane w rejestrze jako pobrane przez Ciebie.",
    it: "È destinato solo a Lei: non inoltri questo messaggio. Ciò che viene scaricato con il collegamento risulta scaricato da Lei.",
  },
  /** Where it is not known under which address the service answers. */
  reportWithoutLink: {
    en: "This message could not be given a link to the report.",
    es: "No ha sido posible incluir en este mensaje un enlace al informe.",
    pl: "Do tej wiadomości nie udało się dołączyć linku do raportu.",
    it: "Non è stato possibile includere in questo messaggio un collegamento al report.",
  },
  reportWhomToAsk: {
    en: "If you have a question about the report, or cannot open it, ask whoever looks after the subscription “{subscriptionName}” at {customerName}.",
    es: "Si tiene alguna pregunta sobre el informe o no puede abrirlo, consulte a quien gestiona la suscripción «{subscriptionName}» en {customerName}.",
    pl: "W razie pytań dotyczących raportu lub problemów z jego otwarciem prosimy o kontakt z osobą, która zajmuje się subskrypcją „{subscriptionName}” ({customerName}).",
    it: "Se ha domande sul report o non riesce ad aprirlo, si rivolga a chi gestisce la sottoscrizione «{subscriptionName}» presso {customerName}.",
  },
  reportAction: {
    en: "Open the report",
    es: "Abrir el informe",
    pl: "Otwórz raport",
    it: "Apri il report",
  },

  reportRunFailedSubject: {
    en: "{customerName}: a report of the subscription “{subscriptionName}” could not be made",
    es: "{customerName}: no se ha podido generar un informe de la suscripción «{subscriptionName}»",
    pl: "{customerName}: nie udało się utworzyć raportu z subskrypcji „{subscriptionName}”",
    it: "{customerName}: non è stato possibile creare un report della sottoscrizione «{subscriptionName}»",
  },
  reportRunFailedIntroduction: {
    en: "A report of your subscription “{subscriptionName}” at {customerName} was due and could not be made. Nothing was sent to its recipients.",
    es: "Debía generarse un informe de su suscripción «{subscriptionName}» en {customerName}, pero no ha sido posible. No se ha enviado nada a los destinatarios.",
    pl: "Nie udało się utworzyć w terminie raportu z Twojej subskrypcji „{subscriptionName}” ({customerName}). Do odbiorców nic nie wysłano.",
    it: "Un report della Sua sottoscrizione «{subscriptionName}» presso {customerName} era previsto e non è stato possibile crearlo. Ai destinatari non è stato inviato nulla.",
  },
  reportRunFailedReason: {
    en: "Reason: {reason, select, ReportCanceled {Somebody canceled the report while it was made.} NotReady {The figures of the period were being brought up to date for longer than a report can wait.} FiguresDiffer {The figures kept changing while the report was made.} PreviousVersionUnreadable {A file of the version before, which this one is compared with, is missing or was changed. It has to be restored as it was issued.} Interrupted {Every attempt to make the report was interrupted.} Unavailable {Something that the report needs was not available.} InternalError {There was an error in the service, which keeps a record of it.} TooManyVersions {There are as many versions of this report as there can be.} ResourceNotFound {What the subscription reports is not there any more.} other {It is in the history of the subscription.}}",
    es: "Motivo: {reason, select, ReportCanceled {Alguien canceló el informe mientras se generaba.} NotReady {Las cifras del periodo se estuvieron actualizando durante más tiempo del que un informe puede esperar.} FiguresDiffer {Las cifras no dejaron de cambiar mientras se generaba el informe.} PreviousVersionUnreadable {Falta o se ha modificado un archivo de la versión anterior, con la que se compara esta. Debe restaurarse tal como se emitió.} Interrupted {Todos los intentos de generar el informe se interrumpieron.} Unavailable {Algo que el informe necesita no estaba disponible.} InternalError {Se produjo un error en el servicio, que ha quedado registrado.} TooManyVersions {Ya hay tantas versiones de este informe como puede haber.} ResourceNotFound {Aquello de lo que informa la suscripción ya no existe.} other {Figura en el historial de la suscripción.}}",
    pl: "Powód: {reason, select, ReportCanceled {Ktoś anulował raport w trakcie tworzenia.} NotReady {Dane liczbowe za ten okres były aktualizowane dłużej, niż raport może czekać.} FiguresDiffer {Dane liczbowe wciąż się zmieniały w trakcie tworzenia raportu.} PreviousVersionUnreadable {Brakuje pliku poprzedniej wersji, z którą porównywany jest raport, lub plik ten został zmieniony. Trzeba go przywrócić w wydanej postaci.} Interrupted {Każda próba utworzenia raportu została przerwana.} Unavailable {Coś, czego wymaga raport, było niedostępne.} InternalError {W usłudze wystąpił błąd, który został zarejestrowany.} TooManyVersions {Istnieje już tyle wersji tego raportu, ile może ich być.} ResourceNotFound {To, czego dotyczy subskrypcja, już nie istnieje.} other {Jest podany w historii subskrypcji.}}",
    it: "Causa: {reason, select, ReportCanceled {Qualcuno ha annullato il report durante la creazione.} NotReady {Le cifre del periodo erano in aggiornamento da più tempo di quanto un report possa attendere.} FiguresDiffer {Le cifre hanno continuato a cambiare durante la creazione del report.} PreviousVersionUnreadable {Un file della versione precedente, con cui si confronta questa, manca o è stato modificato. Occorre ripristinarlo così come è stato emesso.} Interrupted {Ogni tentativo di creare il report è stato interrotto.} Unavailable {Qualcosa che serve al report non era disponibile.} InternalError {Si è verificato un errore nel servizio, che lo ha registrato.} TooManyVersions {Esistono già tante versioni di questo report quante possono essercene.} ResourceNotFound {Ciò su cui riferisce la sottoscrizione non esiste più.} other {È riportata nella cronologia della sottoscrizione.}}",
  },
  reportRunFailedMeaning: {
    en: "The subscription goes on, and its next report will be made when it is due. If this one is still needed, ask for a report of the period in Customer Activity.",
    es: "La suscripción continúa y el próximo informe se generará cuando corresponda. Si este aún es necesario, solicite un informe del periodo en Actividad del cliente.",
    pl: "Subskrypcja pozostaje aktywna, a następny raport powstanie w swoim terminie. Jeśli ten raport jest nadal potrzebny, można zamówić raport za ten okres w usłudze Aktywność klienta.",
    it: "La sottoscrizione prosegue e il prossimo report verrà creato alla scadenza prevista. Se questo serve ancora, richieda un report del periodo in Attività cliente.",
  },

  subscriptionPausedSubject: {
    en: "{customerName}: the subscription “{subscriptionName}” is paused",
    es: "{customerName}: la suscripción «{subscriptionName}» está en pausa",
    pl: "{customerName}: subskrypcja „{subscriptionName}” została wstrzymana",
    it: "{customerName}: la sottoscrizione «{subscriptionName}» è sospesa",
  },
  subscriptionPausedIntroduction: {
    en: "Your subscription to reports “{subscriptionName}” at {customerName} is paused. Its recipients get no more reports.",
    es: "Su suscripción a informes «{subscriptionName}» en {customerName} está en pausa. Los destinatarios ya no reciben informes.",
    pl: "Twoja subskrypcja raportów „{subscriptionName}” ({customerName}) została wstrzymana. Jej odbiorcy nie otrzymują już raportów.",
    it: "La Sua sottoscrizione ai report «{subscriptionName}» presso {customerName} è sospesa. I destinatari non ricevono più report.",
  },
  subscriptionPausedReason: {
    en: "{reason, select, OwnerLostAccess {Its reports are made with your access, and you may no longer see all that is in them.} other {There is nothing more to report: the agreement has ended, or is no longer there.}}",
    es: "{reason, select, OwnerLostAccess {Los informes se generan con su acceso, y usted ya no puede ver todo su contenido.} other {No hay nada más de lo que informar: el contrato ha terminado o ya no existe.}}",
    pl: "{reason, select, OwnerLostAccess {Raporty powstają na podstawie Twoich uprawnień, a nie obejmują one już całej ich zawartości.} other {Nie ma już czego raportować: umowa się zakończyła lub już jej nie ma.}}",
    it: "{reason, select, OwnerLostAccess {I report vengono creati con il Suo accesso, che non ne comprende più l’intero contenuto.} other {Non c’è più nulla su cui riferire: il contratto è terminato o non esiste più.}}",
  },
  subscriptionPausedMeaning: {
    en: "{reason, select, OwnerLostAccess {If the reports are still needed, ask for your access back and resume the subscription, or have somebody with access make a new one.} other {Resume it when there is something to report again, or delete it.}}",
    es: "{reason, select, OwnerLostAccess {Si los informes aún son necesarios, solicite de nuevo el acceso y reanude la suscripción, o pida a alguien con acceso que cree una nueva.} other {Reanúdela cuando vuelva a haber algo de lo que informar o elimínela.}}",
    pl: "{reason, select, OwnerLostAccess {Jeśli raporty są nadal potrzebne, należy poprosić o przywrócenie dostępu i wznowić subskrypcję albo poprosić osobę z dostępem o utworzenie nowej.} other {Można ją wznowić, gdy znów będzie co raportować, lub usunąć.}}",
    it: "{reason, select, OwnerLostAccess {Se i report servono ancora, richieda di nuovo l’accesso e riprenda la sottoscrizione, oppure chieda a chi ha accesso di crearne una nuova.} other {La riprenda quando ci sarà di nuovo qualcosa su cui riferire, oppure la elimini.}}",
  },
} as const;
