/** What a process took so far. */
export function usedSoFar(): { readonly peakBytes: number; readonly cpuSeconds: number } {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return { peakBytes: maxRSS * 1_024, cpuSeconds: (userCPUTime + systemCPUTime) / 1_000_000 };
}
