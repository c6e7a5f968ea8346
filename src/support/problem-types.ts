/** The catalogue of what a request can be about, and for which of it appointments are offered (SR-12). */
import type { Language } from "../agreements/agreement-event.ts";

type ProblemType = {
  readonly problemTypeId: string;
  readonly names: Readonly<Record<Language, string>>;
  readonly offersAppointments: boolean;
};

export const problemTypes: readonly ProblemType[] = [
  {
    problemTypeId: "availability",
    names: {
      en: "Service not available",
      es: "Servicio no disponible",
      pl: "Usługa niedostępna",
      it: "Servizio non disponibile",
    },
    offersAppointments: false,
  },
  {
    problemTypeId: "performance",
    names: { en: "Performance", es: "Rendimiento", pl: "Wydajność", it: "Prestazioni" },
    offersAppointments: true,
  },
  {
    problemTypeId: "configuration",
    names: { en: "Configuration", es: "Configuración", pl: "Konfiguracja", it: "Configurazione" },
    offersAppointments: true,
  },
  {
    problemTypeId: "dataLoss",
    names: { en: "Loss of data", es: "Pérdida de datos", pl: "Utrata danych", it: "Perdita di dati" },
    offersAppointments: false,
  },
  {
    problemTypeId: "security",
    names: { en: "Security", es: "Seguridad", pl: "Bezpieczeństwo", it: "Sicurezza" },
    offersAppointments: true,
  },
  {
    problemTypeId: "deployment",
    names: {
      en: "Deployment or upgrade",
      es: "Implementación o actualización",
      pl: "Wdrożenie lub aktualizacja",
      it: "Distribuzione o aggiornamento",
    },
    offersAppointments: true,
  },
  {
    problemTypeId: "advice",
    names: { en: "Advice", es: "Asesoramiento", pl: "Doradztwo", it: "Consulenza" },
    offersAppointments: true,
  },
  {
    problemTypeId: "accountAndBilling",
    names: {
      en: "Account and billing",
      es: "Cuenta y facturación",
      pl: "Konto i rozliczenia",
      it: "Account e fatturazione",
    },
    offersAppointments: false,
  },
  {
    problemTypeId: "other",
    names: { en: "Something else", es: "Otro", pl: "Inne", it: "Altro" },
    offersAppointments: false,
  },
];

export const isProblemType = (id: string): boolean =>
  problemTypes.some(({ problemTypeId }) => problemTypeId === id);

/** The support desk may name types of its own: none is offered for these. */
export const offersAppointments = (id: string | null): boolean =>
  problemTypes.some((each) => each.problemTypeId === id && each.offersAppointments);
