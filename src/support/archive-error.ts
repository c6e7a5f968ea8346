/** Why an archive is refused; each one is told to whoever attached it. */
export type ArchiveFault =
  /** It is not what its format asks for, or has bytes that no entry accounts for. */
  | "archiveMalformed"
  | "archiveEncrypted"
  /** Compressed in a way that is not looked into. */
  | "archiveMethodUnsupported"
  | "archiveTooManyEntries"
  /** A name that leads out of the folder it is unpacked to, or a link. */
  | "archiveEntryName"
  | "archiveEntriesOverlap"
  /** It says of itself other sizes than it has. */
  | "archiveSizesWrong"
  /** Expanded, too large in itself. */
  | "archiveTooLarge"
  /** Expanded, too large for what it is now. */
  | "archiveRatioTooHigh"
  | "archiveNested"
  /** By its content or by its name. */
  | "archiveProgram"
  | "activeContent"
  | "malware";

export class ArchiveError extends Error {
  readonly fault: ArchiveFault;

  constructor(fault: ArchiveFault, options?: ErrorOptions) {
    super(fault, options);
    this.name = "ArchiveError";
    this.fault = fault;
  }
}
