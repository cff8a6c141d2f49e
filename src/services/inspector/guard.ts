/**
 * Who may read the page: whoever has its secret, and asks for it under one of its own names. A page of somebody else in
 * the same browser has neither: it does not know the token, and names itself as the origin; a name of somebody else
 * that was pointed at this machine is no name of ours.
 */

export interface GuardOptions {
  readonly token: string;
  /** Values of the Host header that are answered, in lower case. */
  readonly hosts: ReadonlySet<string>;
}

export type Verdict =
  { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly why: string };

const refused = (why: string): Verdict => ({ kind: 'refused', why });

/** @param visit a person may follow a link to the page itself, from anywhere */
export function judge(request: Request, visit: boolean, options: GuardOptions): Verdict {
  const url = new URL(request.url);
  const host = nameAsked(request);
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
    cookieOf(request.headers.get('cookie') ?? '', cookieName(request)),
  ];
  const known = tokens.some((token) => typeof token === 'string' && same(token, options.token));
  return known ? { kind: 'admitted' } : refused('the token is missing or wrong');
}

/**
 * Of the cookie that has the token. Cookies do not tell ports apart: another page of this machine has another name for
 * its own, and the next one on this port takes the place of this one's.
 */
export function cookieName(request: Request): string {
  const port = /:(\d+)$/.exec(nameAsked(request))?.[1];
  return port === undefined ? 'kinesumer' : `kinesumer-${port}`;
}

const nameAsked = (request: Request): string =>
  (request.headers.get('host') ?? new URL(request.url).host).toLowerCase();

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
