/** What the build makes: see `build/emoji.ts`. */
declare module 'virtual:emoji' {
  const groups: readonly import('./rules/emoji').EmojiGroup[];
  export default groups;
}
