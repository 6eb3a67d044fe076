"""The papers a school needs: what each says, as data, and one renderer a format."""
