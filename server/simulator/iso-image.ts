/** The size of a sector of ISO 9660 (ECMA-119), bytes. */
const SECTOR = 2048;
/** The sector of the volume descriptor. */
const DESCRIPTOR = 16;
const ROOT = 19;

/**
 * Reads the files in the root of an ISO 9660 image with Rock Ridge names (SUSP, IEEE P1282), as the guest's kernel
 * would.
 *
 * @returns undefined when the bytes are no such image
 */
export function readIso(
  bytes: Buffer,
): { readonly label: string; readonly files: ReadonlyMap<string, string> } | undefined {
  const descriptor = bytes.subarray(DESCRIPTOR * SECTOR, (DESCRIPTOR + 1) * SECTOR);
  if (descriptor.length < SECTOR || descriptor.toString('latin1', 0, 6) !== '\u0001CD001') return undefined;
  const label = descriptor.toString('latin1', 40, 72).trimEnd();
  const files = new Map<string, string>();
  for (const record of records(contentOf(bytes, descriptor.subarray(156, 190)))) {
    const name = rockRidgeName(record);
    const isDirectory = ((record[25] ?? 0) & 2) !== 0;
    if (name !== null && !isDirectory) files.set(name, contentOf(bytes, record).toString('utf8'));
  }
  return { label, files };
}

/** The bytes that a directory record leads to. */
function contentOf(bytes: Buffer, record: Buffer): Buffer {
  const at = record.readUInt32LE(2) * SECTOR;
  return bytes.subarray(at, at + record.readUInt32LE(10));
}

function* records(directory: Buffer): Generator<Buffer> {
  for (let at = 0; at < directory.length;) {
    const length = directory[at] ?? 0;
    // No record crosses the end of a sector.
    if (length === 0) at = (Math.floor(at / SECTOR) + 1) * SECTOR;
    else {
      yield directory.subarray(at, at + length);
      at += length;
    }
  }
}

function rockRidgeName(record: Buffer): string | null {
  const named = 33 + (record[32] ?? 0);
  for (let at = named + (named % 2); at + 4 <= record.length;) {
    const length = record[at + 2] ?? 0;
    if (length < 4) return null;
    if (record.toString('latin1', at, at + 2) === 'NM')
      return record.toString('utf8', at + 5, at + length) || null;
    at += length;
  }
  return null;
}

/** Makes such an image. */
export function makeIso(label: string, files: ReadonlyMap<string, Buffer>): Buffer {
  const names = [...files.keys()].sort();
  const own = susp('SP', Buffer.from([0xbe, 0xef, 0]));
  let size = directoryOf(
    names.map(() => record(0, 0, false, Buffer.from('A'), nameEntry('x'.repeat(64)))),
  ).length;
  size = Math.ceil(size / SECTOR) * SECTOR;
  let next = ROOT + size / SECTOR;
  const contents: Buffer[] = [];
  const entries = names.map((name, index) => {
    const content = files.get(name) ?? Buffer.alloc(0);
    const plain = Buffer.from(`F${String(index).padStart(3, '0')}.;1`, 'latin1');
    const made = record(next, content.length, false, plain, nameEntry(name));
    contents.push(padded(content));
    next += Math.ceil(content.length / SECTOR);
    return made;
  });
  const directory = Buffer.alloc(size);
  directoryOf([
    record(ROOT, size, true, Buffer.from([0]), own),
    record(ROOT, size, true, Buffer.from([1])),
    ...entries,
  ]).copy(directory);
  const head = Buffer.alloc(DESCRIPTOR * SECTOR);
  return Buffer.concat([
    head,
    descriptorOf(label, next, size),
    terminator(),
    pathTable(),
    directory,
    ...contents,
  ]);
}

function descriptorOf(label: string, sectors: number, size: number): Buffer {
  const made = Buffer.alloc(SECTOR);
  made.write('\u0001CD001\u0001', 0, 'latin1');
  made.write(''.padEnd(32), 8, 'latin1');
  made.write(label.padEnd(32), 40, 'latin1');
  bothWays32(sectors).copy(made, 80);
  for (const [at, value] of [
    [120, 1],
    [124, 1],
    [128, SECTOR],
  ] as const)
    bothWays16(value).copy(made, at);
  bothWays32(10).copy(made, 132);
  made.writeUInt32LE(ROOT - 1, 140);
  record(ROOT, size, true, Buffer.from([0])).copy(made, 156);
  made.write(''.padEnd(623), 190, 'latin1');
  made[881] = 1;
  return made;
}

function terminator(): Buffer {
  const made = Buffer.alloc(SECTOR);
  made.write('\u00ffCD001\u0001', 0, 'latin1');
  return made;
}

function pathTable(): Buffer {
  const made = Buffer.alloc(SECTOR);
  made[0] = 1;
  made.writeUInt32LE(ROOT, 2);
  made.writeUInt16LE(1, 6);
  return made;
}

function record(
  sector: number,
  size: number,
  isDirectory: boolean,
  name: Buffer,
  more: Buffer = Buffer.alloc(0),
): Buffer {
  const named = 33 + name.length;
  const length = named + (named % 2) + more.length;
  const made = Buffer.alloc(length + (length % 2));
  made[0] = made.length;
  bothWays32(sector).copy(made, 2);
  bothWays32(size).copy(made, 10);
  made.set([126, 1, 1, 0, 0, 0, 0], 18);
  made[25] = isDirectory ? 2 : 0;
  bothWays16(1).copy(made, 28);
  made[32] = name.length;
  name.copy(made, 33);
  more.copy(made, named + (named % 2));
  return made;
}

function directoryOf(parts: readonly Buffer[]): Buffer {
  const made: Buffer[] = [];
  let used = 0;
  for (const part of parts) {
    const left = SECTOR - (used % SECTOR);
    if (part.length > left) {
      made.push(Buffer.alloc(left));
      used += left;
    }
    made.push(part);
    used += part.length;
  }
  return Buffer.concat(made);
}

function nameEntry(name: string): Buffer {
  return susp('NM', Buffer.concat([Buffer.from([0]), Buffer.from(name)]));
}

function susp(kind: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(kind, 'latin1'), Buffer.from([4 + content.length, 1]), content]);
}

function bothWays32(value: number): Buffer {
  const made = Buffer.alloc(8);
  made.writeUInt32LE(value, 0);
  made.writeUInt32BE(value, 4);
  return made;
}

function bothWays16(value: number): Buffer {
  const made = Buffer.alloc(4);
  made.writeUInt16LE(value, 0);
  made.writeUInt16BE(value, 2);
  return made;
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((SECTOR - (content.length % SECTOR)) % SECTOR)]);
}
