/** What is written around messages. */

export const conversation = {
  code: {
    plain: 'Code',
    copy: 'Copy',
    copied: 'Copied',
    label: (language: string) => (language ? `Code, ${language}` : 'Code'),
  },
};
