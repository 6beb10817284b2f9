"""The screens; dialogs have a folder of their own."""
