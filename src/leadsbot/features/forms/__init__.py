"""Forms: designed, versioned, published, filled in on our page or in the widget."""
