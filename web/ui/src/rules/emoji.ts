/** Messages of nothing but a few emoji. */

const MOST = 3;
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[0-9#*]\uFE0F?\u20E3)/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function isOnlyEmoji(body: string): boolean {
  const text = body.replace(/\s/g, '');
  // An emoji of a family with skins has some thirty units; anything longer is a text.
  if (text === '' || text.length > MOST * 30) return false;
  const signs = [...segmenter.segment(text)].map(({ segment }) => segment);
  return signs.length <= MOST && signs.every((sign) => EMOJI.test(sign));
}
