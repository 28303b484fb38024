/** The domains of the servers under test by what their consoles do. The first ones have a part to play. */
export const ECHO = 'd001';
export const FLOODING = ['d002', 'd003', 'd004', 'd005'] as const;
/** After each key it sends `SOURCE_BYTES` and `SOURCE_END`. */
export const SOURCE = 'd006';
export const SOURCE_BYTES = 64 * 1024 * 1024;
export const SOURCE_END = '[end]';

/** Their names, and those of silent ones. */
export const DOMAINS: readonly string[] = Array.from(
  { length: 100 },
  (_, at) => `d${String(at + 1).padStart(3, '0')}`,
);

/** What stands for `xl console`, as shell lines with the domid in `$id`. */
export const CONSOLE = `stty raw -echo
  case "$id" in
    1) exec cat;;
    [2-5]) head -c 1 >/dev/null; exec yes 'a console that floods its customer with more than anybody reads';;
    6) while head -c 1 >/dev/null; do head -c ${SOURCE_BYTES} /dev/zero | tr '\\0' x; printf '\\r\\n${SOURCE_END}\\r\\n'; done;;
    *) exec sleep infinity;;
  esac`;
