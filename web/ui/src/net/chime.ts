/** Two soft tones; made here, as a file would have to be fetched. */
let audio: AudioContext | undefined;

const TONES_HZ = [660, 880];
const TONE_S = 0.16;

export function chime(volume: number): void {
  audio ??= new AudioContext();
  void audio.resume();
  TONES_HZ.forEach((hz, i) => play(audio!, hz, audio!.currentTime + i * TONE_S, volume));
}

function play(context: AudioContext, hz: number, at: number, volume: number): void {
  const tone = new OscillatorNode(context, { frequency: hz, type: 'sine' });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(volume * 0.3, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + TONE_S);
  tone.connect(gain).connect(context.destination);
  tone.start(at);
  tone.stop(at + TONE_S);
}
