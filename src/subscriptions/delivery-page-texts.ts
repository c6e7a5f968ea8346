/**
 * What the page behind a recipient's own link says, every text in every language side by side: one that is missing does not
 * compile. Titles, sections and figures are told as reports tell them (`texts.ts` of reports).
 */
import type { Text } from "../reports/texts.ts";

export const pageTexts = {
  customer: { en: "Customer", es: "Cliente", pl: "Klient", it: "Cliente" },
  period: { en: "Period", es: "Periodo", pl: "Okres", it: "Periodo" },
  version: { en: "Version", es: "Versión", pl: "Wersja", it: "Versione" },
  changes: {
    en: "Changes since the version before",
    es: "Cambios desde la versión anterior",
    pl: "Zmiany od poprzedniej wersji",
    it: "Modifiche dalla versione precedente",
  },
  noChanges: {
    en: "No line has changed.",
    es: "Ninguna línea ha cambiado.",
    pl: "Żaden wiersz się nie zmienił.",
    it: "Nessuna riga è cambiata.",
  },
  generatedAt: { en: "Made on", es: "Fecha de creación", pl: "Data utworzenia", it: "Data di creazione" },
  dataAsOf: {
    en: "Newest delivery included",
    es: "Última entrega incluida",
    pl: "Ostatnia uwzględniona dostawa",
    it: "Ultima consegna inclusa",
  },
  opensUntil: {
    en: "This link opens until",
    es: "Este enlace se puede abrir hasta",
    pl: "Link można otwierać do",
    it: "Questo collegamento si può aprire fino a",
  },

  files: { en: "Files", es: "Archivos", pl: "Pliki", it: "File" },
  filesNote: {
    en: "Every download is recorded as yours. The link is meant for you alone: please do not pass it on.",
    es: "Cada descarga queda registrada a su nombre. El enlace es solo para usted: no lo comparta.",
    pl: "Każde pobranie zostaje zapisane w rejestrze jako Twoje. Link jest przeznaczony wyłącznie dla Ciebie: prosimy go nie przekazywać.",
    it: "Ogni download viene registrato a Suo nome. Il collegamento è destinato solo a Lei: non lo inoltri.",
  },
  file: { en: "File", es: "Archivo", pl: "Plik", it: "File" },
  rows: { en: "Rows", es: "Filas", pl: "Wiersze", it: "Righe" },
  size: { en: "Size", es: "Tamaño", pl: "Rozmiar", it: "Dimensione" },
  download: { en: "Download", es: "Descargar", pl: "Pobierz", it: "Scarica" },
  /** What each format is for. */
  pdf: {
    en: "Document for reading (PDF)",
    es: "Documento para leer (PDF)",
    pl: "Dokument do czytania (PDF)",
    it: "Documento da leggere (PDF)",
  },
  xlsx: {
    en: "Spreadsheet (XLSX)",
    es: "Hoja de cálculo (XLSX)",
    pl: "Arkusz kalkulacyjny (XLSX)",
    it: "Foglio di calcolo (XLSX)",
  },
  csv: {
    en: "Table (CSV): {section}",
    es: "Tabla (CSV): {section}",
    pl: "Tabela (CSV): {section}",
    it: "Tabella (CSV): {section}",
  },

  check: {
    en: "Checking a file",
    es: "Comprobar un archivo",
    pl: "Sprawdzanie pliku",
    it: "Verificare un file",
  },
  checkNote: {
    en: "The SHA-256 of a file is its fingerprint. If the one of your copy is the same as here, the copy is exactly the file that was issued.",
    es: "El SHA-256 de un archivo es su huella digital. Si el de su copia coincide con el que figura aquí, la copia es exactamente el archivo emitido.",
    pl: "SHA-256 to cyfrowy odcisk pliku. Jeśli odcisk kopii jest taki sam jak tutaj, kopia jest dokładnie tym plikiem, który został wydany.",
    it: "Lo SHA-256 di un file è la sua impronta digitale. Se quello della Sua copia coincide con quello indicato qui, la copia è esattamente il file emesso.",
  },
  /** The commands are the same in every language. */
  checkCommands: {
    en: "These commands show it for a file:",
    es: "Estos comandos lo muestran para un archivo:",
    pl: "Te polecenia pokazują go dla pliku:",
    it: "Questi comandi lo mostrano per un file:",
  },

  busyTitle: {
    en: "Too many downloads at once",
    es: "Demasiadas descargas a la vez",
    pl: "Zbyt wiele pobrań naraz",
    it: "Troppi download contemporanei",
  },
  busyNote: {
    en: "Several files are being downloaded by this link right now. Go back and try again in a few seconds.",
    es: "En este momento se están descargando varios archivos con este enlace. Vuelva atrás e inténtelo de nuevo dentro de unos segundos.",
    pl: "Za pomocą tego linku pobieranych jest właśnie kilka plików. Proszę wrócić i spróbować ponownie za kilka sekund.",
    it: "Con questo collegamento si stanno scaricando più file in questo momento. Torni indietro e riprovi tra qualche secondo.",
  },

  closedTitle: {
    en: "This link does not open",
    es: "Este enlace no se puede abrir",
    pl: "Tego linku nie można otworzyć",
    it: "Questo collegamento non si può aprire",
  },
  closedNote: {
    en: "It may have expired, may have been withdrawn, or may not be complete: check that the whole link from your message was opened.",
    es: "Puede que haya caducado, que se haya retirado o que no esté completo: compruebe que ha abierto el enlace entero de su mensaje.",
    pl: "Mógł stracić ważność, zostać wycofany lub jest niepełny: należy sprawdzić, czy otwarto cały link z wiadomości.",
    it: "Potrebbe essere scaduto, essere stato revocato o essere incompleto: verifichi di aver aperto per intero il collegamento del Suo messaggio.",
  },
  closedAsk: {
    en: "If you still need the report, ask whoever looks after the subscription that is named in your message.",
    es: "Si aún necesita el informe, consulte a quien gestiona la suscripción indicada en su mensaje.",
    pl: "Jeśli raport jest nadal potrzebny, prosimy o kontakt z osobą, która zajmuje się subskrypcją wymienioną w wiadomości.",
    it: "Se il report Le serve ancora, si rivolga a chi gestisce la sottoscrizione indicata nel Suo messaggio.",
  },
} as const satisfies Readonly<Record<string, Text>>;
