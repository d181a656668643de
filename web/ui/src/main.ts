import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { Chat } from './state/chat.svelte';

const chat = new Chat();
chat.start();

const target = document.querySelector('#app');
if (target) mount(App, { target, props: { chat } });
