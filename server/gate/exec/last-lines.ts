/** The most that is kept of a log from memory. Bytes. */
const MOST_IN_MEMORY = 1024 * 1024;

/** The last lines of a log, for a host that cannot count them: it has only the last 256 KiB. */
export async function* lastLines(all: AsyncIterable<Buffer>, lines: number): AsyncGenerator<Buffer> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of all) bytes = Buffer.concat([bytes, chunk]).subarray(-MOST_IN_MEMORY);
  let begin = bytes.length;
  for (let left = lines; left > 0 && begin > 0; left -= 1)
    begin = begin < 2 ? 0 : bytes.lastIndexOf('\n', begin - 2, 'latin1') + 1;
  yield bytes.subarray(begin);
}
