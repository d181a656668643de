/** What one says of oneself, and how one signs in. */
export const profile = {
  title: 'Your profile',
  guestTitle: 'Keep your name',
  guestLead:
    'You are here as a guest. With an account this name is yours alone, and your rooms and unread messages come along.',
  became: 'You have an account now. Everything is as it was.',

  status: 'How others see you',
  statuses: { online: 'Online', away: 'Away', dnd: 'Do not disturb' },
  name: 'Name',
  nameHint: 'What others write to call you.',
  displayName: 'Shown name',
  displayNameHint: 'Shown in lists in place of your name.',
  statusText: 'Status',
  statusHint: 'Such as “at lunch”, or “back on Monday”.',
  hue: 'Colour',
  save: 'Save',
  saving: 'Saving…',
  saved: 'Your profile is saved.',

  credentials: 'E-mail and password',
  email: 'E-mail',
  newPassword: 'New password',
  newPasswordHint:
    'Leave it empty to keep the one you have. A new one signs you out everywhere else.',
  currentPassword: 'Your password until now',
  change: 'Change',
  changed: 'E-mail and password are saved.',
  loading: 'One moment…',
};
