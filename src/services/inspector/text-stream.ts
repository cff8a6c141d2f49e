/** Lines of text as a stream of bytes, as fast as the other end takes them. */

/** Without line ends. */
export type Lines = Iterable<string> | AsyncIterable<string>;

/** Enough at once that a long file does not crawl. */
const CHUNK_CHARACTERS = 65_536;

export function textStream(lines: Lines): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator =
    Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        let text = '';
        while (text.length < CHUNK_CHARACTERS) {
          const { done, value } = await iterator.next();
          if (done === true) {
            if (text !== '') controller.enqueue(encoder.encode(text));
            controller.close();
            return;
          }
          text += `${value}\n`;
        }
        controller.enqueue(encoder.encode(text));
      },
      cancel: async () => {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
