/** The keys of the observatory, as its list shows them. */
import type { Shortcut } from '../../rules/shortcuts';
import { observatory } from '../texts/observatory';

const { names, groups } = observatory.keys;

/** Without a laboratory nothing crashes by a key. */
export function shortcuts(lab: boolean): { title: string; list: Shortcut[] }[] {
  const crash: Shortcut[] = lab ? [{ keys: [['C']], does: names.crash }] : [];
  return [
    {
      title: groups.around,
      list: [
        { keys: [['/']], does: names.search },
        { keys: [['Space']], does: names.pause },
        ...crash,
        { keys: [['T']], does: names.tree },
        { keys: [['S']], does: names.story },
        { keys: [['E']], does: names.log },
        { keys: [['Ctrl', '/'], ['?']], does: names.list },
        { keys: [['Esc']], does: names.escape },
      ],
    },
    {
      title: groups.tree,
      list: [
        { keys: [['↑'], ['↓']], does: names.move },
        { keys: [['→']], does: names.openRow },
        { keys: [['←']], does: names.closeRow },
        { keys: [['Home'], ['End']], does: names.ends },
        { keys: [['Enter']], does: names.detail },
      ],
    },
  ];
}
