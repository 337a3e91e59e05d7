"""The web side: the parts that pages share, in Streamlit; torch is never imported here."""
