/**
 * The body of a request as text, where it is small. It is looked at while it comes: of one that is too large, no more
 * is read than shows that, whatever server the request came through.
 *
 * @returns null: it has more bytes
 */
export async function smallBody(request: Request, maxBytes: number): Promise<string | null> {
  const { body } = request;
  if (body === null) return '';
  // nobody is held to what it says here
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) {
    await body.cancel();
    return null;
  }
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}
