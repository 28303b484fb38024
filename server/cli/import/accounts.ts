/** A Unix account, as passwd(5) and group(5) have it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  readonly shell: string;
  readonly groups: readonly string[];
  readonly groupIds: readonly number[];
}

/** Reads the texts of /etc/passwd and /etc/group. Malformed lines are skipped. */
export function readAccounts(passwd: string, group: string): ReadonlyMap<string, Account> {
  const groups = rows(group, 4).map(([name = '', , gid = '', members = '']) => ({
    name,
    gid: Number(gid),
    members: members.split(','),
  }));
  const accounts = new Map<string, Account>();
  for (const [name = '', , uid = '', gid = '', , home = '', shell = ''] of rows(passwd, 7)) {
    if (name === '' || !/^\d+$/.test(uid) || accounts.has(name)) continue;
    const own = groups.filter((one) => one.gid === Number(gid) || one.members.includes(name));
    accounts.set(name, {
      name,
      uid: Number(uid),
      home,
      shell,
      groups: own.map((one) => one.name),
      groupIds: [Number(gid), ...own.map((one) => one.gid)],
    });
  }
  return accounts;
}

function rows(text: string, columns: number): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((parts) => parts.length >= columns);
}
