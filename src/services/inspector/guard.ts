/**
 * Who may read the page: whoever has its secret, and asks for it under one of its own names. A page of somebody else in
 * the same browser has neither: it does not know the token, and names itself as the origin; a name of somebody else
 * that was pointed at this machine is no name of ours.
 */

export interface GuardOptions {
  readonly token: string;
  readonly cookie: string;
  /** Values of the Host header that are answered, in lower case. */
  readonly hosts: ReadonlySet<string>;
}

export type Verdict =
  { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly why: string };

const refused = (why: string): Verdict => ({ kind: 'refused', why });

/** @param visit a person may follow a link to the page itself, from anywhere */
export function judge(request: Request, visit: boolean, options: GuardOptions): Verdict {
  const url = new URL(request.url);
  const host = (request.headers.get('host') ?? url.host).toLowerCase();
  if (!options.hosts.has(host)) return refused('this is not its name');
  const origin = request.headers.get('origin');
  if (origin !== null && hostOf(origin) !== host) return refused('another site asks');
  const site = request.headers.get('sec-fetch-site');
  if (!visit && site !== null && site !== 'same-origin' && site !== 'none') {
    return refused('another site asks');
  }
  const tokens = [
    url.searchParams.get('token'),
    /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1],
    cookieOf(request.headers.get('cookie') ?? '', options.cookie),
  ];
  const known = tokens.some((token) => typeof token === 'string' && same(token, options.token));
  return known ? { kind: 'admitted' } : refused('the token is missing or wrong');
}

/** '': it is no address. */
function hostOf(origin: string): string {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return '';
  }
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key, value] = pair.trim().split('=');
    if (key === name) return value;
  }
  return undefined;
}

/** Takes as long whatever the two differ in. */
function same(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < other.length; index += 1) {
    difference |= one.charCodeAt(index % one.length) ^ other.charCodeAt(index);
  }
  return difference === 0;
}
