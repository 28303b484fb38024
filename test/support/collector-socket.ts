/** @returns where a half with these settings listens for who wants its garbage collected */
export function collectorSocket(settingsFile: string): string {
  return `${settingsFile}.gc`;
}
