"""Reports on a website's past, as the API answers them."""
