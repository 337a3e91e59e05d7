"""MTL Lab's page: configuration, language, owner and navigation."""

import streamlit as st

from ui import frame, guard

st.set_page_config(page_title="MTL Lab", page_icon=frame.ICON, layout="wide", initial_sidebar_state="collapsed")
frame.language_from_link()
page = st.navigation(frame.pages(), position="top")
guard.opened()
frame.top(page)
page.run()
