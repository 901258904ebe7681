import { createApp } from 'vue';
import 'element-plus/theme-chalk/base.css';
import '@/styles/theme.css';
import '@/styles/layout.css';
import App from './App.vue';
import { router } from './router';
import { show as showComfort } from './state/comfort';

showComfort();
createApp(App).use(router).mount('#app');
